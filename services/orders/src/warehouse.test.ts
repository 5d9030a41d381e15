import { logger } from '@bff/service-kit'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { startWarehouse } from './warehouse.ts'

const log = logger('orders', 'silent')

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

describe('startWarehouse', () => {
  it('beats four times a step until it is stopped, also after a failure', () => {
    const advance = jest
      .fn((_stepMs: number): number => 0)
      .mockImplementationOnce(() => {
        throw new Error('database is locked')
      })
    const warehouse = startWarehouse({ advance }, 800, log)
    jest.advanceTimersByTime(600)
    expect(advance.mock.calls).toEqual([[800], [800], [800]])
    warehouse[Symbol.dispose]()
    jest.advanceTimersByTime(10_000)
    expect(advance).toHaveBeenCalledTimes(3)
  })
  it('stands still at 0', () => {
    const advance = jest.fn(() => 0)
    startWarehouse({ advance }, 0, log)
    jest.advanceTimersByTime(10_000)
    expect(advance).not.toHaveBeenCalled()
  })
})
