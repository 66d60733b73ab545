import { testOneTruth } from './one-truth-case.ts'

for (const seed of [2, 3]) testOneTruth(seed)
