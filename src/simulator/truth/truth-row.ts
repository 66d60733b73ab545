/** One true row, in the words of the backtest's outputs: `table` names the file it belongs to. */
export type TruthRow = Readonly<Record<string, unknown>> & { readonly table: string }
