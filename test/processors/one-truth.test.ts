import { testOneTruth } from './one-truth-case.ts'

testOneTruth(1)
