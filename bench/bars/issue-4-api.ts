import type { Bar } from './bar.ts'
import { runWorkload } from './bar.ts'

/** The series side of issue 4. */
export const ISSUE_4_API: readonly Bar[] = [
  {
    id: 'api',
    title: 'API over 53.8 million rows, open loop, while 20,000 readings/s come in',
    limit: 'p99 of latest, 7-day curves and day loads at most 10, 50 and 200 ms',
    run: form =>
      form === 'short'
        ? runWorkload(
            'api.ts',
            ['--meters', 8000, '--terminals', 16, '--readings', 2000, '--seconds', 30],
            15
          )
        : runWorkload('api.ts', form === 'long' ? ['--seconds', 1800] : ['--seconds', 120, '--runs', 2], 90)
  }
]
