/** Numbers in groups, as two columns: `items[first[g]] .. items[first[g + 1] - 1]` are group g, ascending. */
export class Groups {
  readonly first: Uint32Array
  readonly items: Uint32Array

  constructor(first: Uint32Array, items: Uint32Array) {
    this.first = first
    this.items = items
  }

  /** Empty for a group that does not exist. */
  of(group: number): Uint32Array {
    return this.items.subarray(this.first[group] ?? 0, this.first[group + 1] ?? 0)
  }
}

/** The positions of `groupOf` by their value; negative ones belong to no group. */
export function groupBy(groupOf: Int32Array, groups: number): Groups {
  const first = new Uint32Array(groups + 1)
  for (const group of groupOf) if (group >= 0) first[group + 1] = (first[group + 1] ?? 0) + 1
  for (let group = 0; group < groups; group++)
    first[group + 1] = (first[group + 1] ?? 0) + (first[group] ?? 0)
  const items = new Uint32Array(first[groups] ?? 0)
  const next = first.slice()
  for (let item = 0; item < groupOf.length; item++) {
    const group = groupOf[item] ?? -1
    if (group < 0) continue
    const at = next[group] ?? 0
    items[at] = item
    next[group] = at + 1
  }
  return new Groups(first, items)
}
