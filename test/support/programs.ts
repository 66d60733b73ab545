import { spawnSync } from 'node:child_process'

/** Whether a program is installed. */
export const hasProgram = (name: string): boolean => spawnSync('which', [name]).status === 0
