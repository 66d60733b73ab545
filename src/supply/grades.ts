/**
 * What a key customer of a grade is to have (GB/T 29328-2018 as quoted in reviews, GB 51039-2014, JGJ 312-2013, NFPA 110): parameters, not law. [M]: nobody
 * here has read the clause itself; a site that knows better changes the figure here.
 */
export interface GradeRule {
  /** Feeds of the grid. GB/T 29328-2018 [M] */
  readonly feeds: number
  /**
   * Kinds of the nearest device that its feeds may share: of the first grade a substation with two buses that are fed apart, of the others its bus too.
   * GB/T 29328-2018 [M]
   */
  readonly mayShare: readonly string[]
}

export const GRADE_RULES: Readonly<Record<string, GradeRule>> = {
  special: { feeds: 3, mayShare: [] },
  first: { feeds: 2, mayShare: ['substation'] },
  second: { feeds: 2, mayShare: ['substation', 'bus'] },
  temporary: { feeds: 2, mayShare: ['substation', 'bus'] }
}

/** Generators carry so much of the security load. GB/T 29328-2018 [secondhand] */
export const GENERATOR_SHARE = 1.2
/** A generator carries within, s. JGJ 312-2013 4.4, GB 51039-2014 8.5 */
export const START_CLASS_S = 15
/** A plan is looked at again within, days. Usage of utilities [M] */
export const PLAN_DAYS = 365
/** A generator is tried within, days. NFPA 110: monthly */
export const TEST_DAYS = 31
/** Somebody of the utility goes there within, days. Usage of utilities: a quarter [M] */
export const PATROL_DAYS = 92
/** Utility and customer drill the plan together within, days. Usage of utilities: a year [M] */
export const DRILL_DAYS = 365
/** A customer is told of a hazard within, days, in writing. Usage of utilities [M] */
export const NOTICE_DAYS = 3
