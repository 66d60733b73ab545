import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CityOptions, makeCity } from '../../src/simulator/city/city.ts'
import { writeCityRegistry } from '../../src/simulator/city/registry-files.ts'
import type { Grid } from '../../src/simulator/grid/grid.ts'
import { readGrid } from '../../src/simulator/grid/read-grid.ts'

/** The grid of a city as its registry files say it. */
export function cityGrid(options: CityOptions): Grid {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-city-'))
  try {
    writeCityRegistry(makeCity(options), folder)
    return readGrid(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
