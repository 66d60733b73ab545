import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { ADMIN } from '../../model/roles.ts'
import type { BackupState } from '../context.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { component, count, showTime, timeOut } from '../shapes/schemas.ts'

const backupOut = component(
  'Backup',
  z.object({
    state: z.enum(['none', 'running', 'done', 'failed']).meta({ description: 'none: not since the start' }),
    folder: z.string(),
    startedAt: timeOut.nullable(),
    endedAt: timeOut.nullable(),
    files: count,
    bytes: count,
    problem: z.string().nullable()
  })
)

const showState = ({ startedAt, endedAt, ...state }: BackupState) => ({
  ...state,
  startedAt: state.state === 'none' ? null : showTime(startedAt),
  endedAt: endedAt === null ? null : showTime(endedAt)
})

/** The folder is one of the server's machine: only `gridvigil backup` on it may name one. */
export const backupRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/backup',
    operation: 'getBackup',
    tag: 'access',
    access: ADMIN,
    summary: 'How far the newest backup since the start is',
    response: backupOut,
    handle: ({ backups }) => showState(backups.state)
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/backup',
    operation: 'takeBackup',
    tag: 'access',
    access: ADMIN,
    summary: 'Begins a backup into a new folder of the server; for `gridvigil backup` on that machine',
    body: z.strictObject({ folder: z.string().min(1).max(4096).refine(isAbsolute, 'not an absolute path') }),
    response: backupOut,
    status: 202,
    errors: ['BACKUP_BUSY'],
    handle({ backups }, { body }, { caller, actor }) {
      if (caller?.name !== 'local')
        throw new GridvigilError('API_FORBIDDEN', 'run `gridvigil backup` on the server')
      return showState(backups.begin(body.folder, actor))
    }
  })
]
