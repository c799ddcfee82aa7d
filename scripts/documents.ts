import { bundleFunction } from '../infra/construct/bundle-function.ts';
import type { FunctionName } from '../infra/construct/bundling.ts';
import { listMaterials, renderMaterials } from './bill-of-materials.ts';
import { renderFaults, renderWays } from './faults.ts';
import { readReport, renderFindings } from './findings.ts';
import { renderPermissions } from './permissions.ts';
import { renderProviders, renderUnsupportedProviders } from './providers.ts';
import { renderRecoveries } from './recoveries.ts';
import { renderSurvivableOutages } from './survivable-outages.ts';
import { renderWaits } from './waits.ts';

export interface GeneratedSection {
  readonly file: string;
  /** The name in the comments around the section. */
  readonly section: string;
  readonly content: string;
}

/** `outdir` is the directory of the synthesized app. */
export async function renderDocuments(outdir: string): Promise<GeneratedSection[]> {
  const names: readonly FunctionName[] = ['Function', 'DeploymentFunction'];
  const bundles = new Map(names.map((name) => [name, bundleFunction(name)] as const));
  return [
    { file: 'SECURITY.md', section: 'permissions', content: renderPermissions() },
    { file: 'SECURITY.md', section: 'findings', content: renderFindings(await readReport(outdir)) },
    { file: 'docs/consumers.md', section: 'waits', content: renderWaits() },
    { file: 'docs/consumers.md', section: 'recoveries', content: renderRecoveries() },
    { file: 'docs/providers.md', section: 'providers', content: renderProviders() },
    { file: 'docs/providers.md', section: 'unsupported-providers', content: renderUnsupportedProviders() },
    { file: 'docs/reliability.md', section: 'ways', content: renderWays() },
    { file: 'docs/reliability.md', section: 'faults', content: renderFaults() },
    { file: 'docs/reliability.md', section: 'survivable-outages', content: renderSurvivableOutages() },
    {
      file: 'docs/bill-of-materials.md',
      section: 'materials',
      content: renderMaterials(await listMaterials(bundles)),
    },
  ];
}
