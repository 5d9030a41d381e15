import type { Money } from '@bff/contracts'

const language = 'en-IE'
const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
const date = new Intl.DateTimeFormat(language, { dateStyle: 'long' })

export const formatDate = (iso: string): string => date.format(new Date(iso))
export const formatTime = (iso: string): string => dateTime.format(new Date(iso))

export const formatMoney = ({ amount, currency }: Money): string =>
  new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount / 100)

/** `count(1, 'item')` is `1 item`, `count(2, 'item')` is `2 items`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
