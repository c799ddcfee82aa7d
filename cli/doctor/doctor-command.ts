import type { CommandContext } from '../command-context.ts';
import { fewAtATime } from '../deployed/few-at-a-time.ts';
import { selectRefreshers } from '../deployed/select-refreshers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { checkLinks } from './check-links.ts';
import type { Finding } from './finding.ts';
import { renderFindings } from './render-findings.ts';

export async function doctor(context: CommandContext, name: string | undefined): Promise<ExitCode> {
  const refreshers = await selectRefreshers(context, name);
  const examined = await fewAtATime(refreshers, async (refresher) => ({
    refresher,
    findings: await checkLinks(refresher, context),
  }));
  context.answer(
    examined.map(({ refresher, findings }) => ({ name: refresher.name, stack: refresher.stack, findings })),
    examined
      .map(({ refresher, findings }) => renderFindings(refresher, findings, context.style))
      .join('\n\n'),
  );
  return exitCodeOfFindings(examined.flatMap(({ findings }) => findings));
}

function exitCodeOfFindings(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ state }) => state === 'wrong')) return EXIT.attention;
  return findings.some(({ state }) => state === 'unknown') ? EXIT.unable : EXIT.ok;
}
