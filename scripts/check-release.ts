/** Fails unless package.json is ready for the release of a tag: node scripts/check-release.ts v1.2.3 */
import packageJson from '../package.json' with { type: 'json' };
import { releaseProblems } from './release-problems.ts';

const problems = releaseProblems(process.argv[2] ?? '', packageJson);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
