import type { CheckedTable } from './checked-table.ts'
import type { DEVICES, TIES } from '../tables.ts'

/** Parents exist and lead to a root. A rejected device takes what hangs below it along. */
export function checkDevices(devices: CheckedTable<typeof DEVICES>): void {
  const { ids } = devices
  const { parent } = devices.table.text
  reportCycles(devices)
  const children = new Map<string, number[]>()
  const queue: number[] = []
  parent.forEach((id, row) => {
    if (id === '') return
    const below = children.get(id)
    if (below === undefined) children.set(id, [row])
    else below.push(row)
    if (devices.find(id) < 0) queue.push(row)
  })
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    if (devices.isBad(row)) continue
    devices.reject(row, 'DEVICE_UNKNOWN', 'parent', devices.explainMissing(parent[row] ?? ''))
    queue.push(...(children.get(ids[row] ?? '') ?? []))
  }
}

const UNSEEN = 0
const DONE = -1

function reportCycles(devices: CheckedTable<typeof DEVICES>): void {
  const { parent, id } = devices.table.text
  // Number of the walk that passed a device, so that meeting one's own steps again is a cycle.
  const walk = new Int32Array(parent.length)
  for (let start = 0; start < parent.length; start++) {
    const path: number[] = []
    let row = start
    while (row >= 0 && walk[row] === UNSEEN) {
      walk[row] = start + 1
      path.push(row)
      row = devices.find(parent[row] ?? '')
    }
    if (row >= 0 && walk[row] === start + 1) {
      const loop = path.slice(path.indexOf(row)).map(step => id[step])
      const shown = [...loop.slice(0, 10), ...(loop.length > 10 ? ['…'] : []), loop[0]].join(' < ')
      devices.report(
        'DEVICE_CYCLE',
        devices.table.line[row] ?? 0,
        'parent',
        `devices feed each other: ${shown}`
      )
    }
    for (const step of path) walk[step] = DONE
  }
}

/**
 * Ties that stand closed in normal operation must not feed a device from two sides: the network is radial. Of the
 * closed ones those win that stand first.
 */
export function checkTies(ties: CheckedTable<typeof TIES>, devices: CheckedTable<typeof DEVICES>): void {
  const { device_a, device_b, normally_open } = ties.table.text
  const { parent } = devices.table.text
  // Union of what is fed together: a device and its parent, and both ends of a closed tie.
  const group = Int32Array.from({ length: devices.table.rows }, (_, row) => row)
  const rootOf = (row: number): number => {
    let root = row
    while (group[root] !== root) {
      group[root] = group[group[root] ?? root] ?? root
      root = group[root] ?? root
    }
    return root
  }
  parent.forEach((id, row) => {
    const above = devices.find(id)
    if (!devices.isBad(row) && above >= 0) group[rootOf(row)] = rootOf(above)
  })
  for (let row = 0; row < ties.table.rows; row++) {
    if (ties.isBad(row)) continue
    if (device_a[row] === device_b[row]) {
      ties.reject(row, 'TIE_SELF', 'device_b', `joins ${device_a[row]} with itself`)
      continue
    }
    const a = devices.find(device_a[row] ?? '')
    const b = devices.find(device_b[row] ?? '')
    if (normally_open[row] === 'true' || a < 0 || b < 0) continue
    if (rootOf(a) === rootOf(b)) {
      ties.reject(
        row,
        'TIE_LOOP',
        'normally_open',
        `closed, it makes a loop of ${device_a[row]} and ${device_b[row]}`
      )
    } else group[rootOf(a)] = rootOf(b)
  }
}
