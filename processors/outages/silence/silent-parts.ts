import type { ClosedRound } from '../evidence/rounds.ts'
import type { PresentGrid } from '../grid/present-grid.ts'

/**
 * The largest parts of the tree below a terminal in which everybody who was asked was missed: meters by the device at their top. Whoever
 * hangs on the transformer itself is a part only with all the others.
 */
export function silentParts(
  grid: PresentGrid,
  missed: ClosedRound['missed'],
  asked: ClosedRound['asked']
): Map<number, number[]> {
  const { parent } = grid
  const counts = new Map<number, { asked: number; missed: number }>()
  const at = (device: number): { asked: number; missed: number } => {
    let count = counts.get(device)
    if (count === undefined) {
      count = { asked: 0, missed: 0 }
      counts.set(device, count)
    }
    return count
  }
  for (const [place, number] of asked)
    for (let device = place; device >= 0; device = parent[device]) {
      at(device).asked += number
      at(device).missed += missed.get(place)?.length ?? 0
      if (grid.areaOf[device] === device) break
    }
  const parts = new Map<number, number[]>()
  for (const [place, list] of missed) {
    let top = -1
    for (let device = place; device >= 0; device = parent[device]) {
      const { asked: all, missed: gone } = at(device)
      if (all !== gone) break
      top = device
      if (grid.areaOf[device] === device) break
    }
    if (top < 0) continue
    const own = parts.get(top)
    if (own === undefined) parts.set(top, [...list])
    else own.push(...list)
  }
  return parts
}
