import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Opinion {
  readonly rating: number
  readonly title: string
  readonly text: string
}

interface Corpus {
  readonly authors: readonly string[]
  readonly opinions: readonly Opinion[]
}

export const { authors, opinions } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'data/corpus.json'), 'utf8'),
) as Corpus
