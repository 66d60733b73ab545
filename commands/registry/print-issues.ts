import { describeIssue, type ImportIssue } from '../../src/registry/read/issues.ts'

/** Issues that are printed one by one. */
const LISTED_ISSUES = 20

/** What is wrong in files, the first of it with its remedy, on standard error. @param total how many there are */
export function printIssues(issues: readonly ImportIssue[], total: number): void {
  const listed = issues.slice(0, LISTED_ISSUES)
  for (const issue of listed)
    process.stderr.write(`${describeIssue(issue)}\n    ${issue.code}: ${issue.remedy}\n`)
  if (total > listed.length) process.stderr.write(`and ${total - listed.length} more\n`)
}
