/** What `npm audit --json` answers, as far as it is needed here. */
export interface AuditReport {
  readonly vulnerabilities?: Readonly<
    Record<
      string,
      { readonly severity: string; readonly via: readonly (string | { readonly title: string })[] }
    >
  >;
}

export interface VulnerableMaterial {
  readonly name: string;
  readonly severity: string;
  readonly titles: readonly string[];
}

/**
 * The packages of the bill of materials (Markdown, a package first in each row) that the registry knows to be vulnerable.
 * @throws Error where the registry was not asked, or did not answer
 */
export function vulnerableMaterials(
  { vulnerabilities }: AuditReport,
  materials: string,
): VulnerableMaterial[] {
  if (vulnerabilities === undefined) throw new Error('npm audit got no answer from the registry');
  const names = new Set([...materials.matchAll(/^\| (\S+) \|/gm)].map(([, name]) => name));
  return Object.entries(vulnerabilities)
    .filter(([name]) => names.has(name))
    .map(([name, { severity, via }]) => ({
      name,
      severity,
      titles: via.map((reason) => (typeof reason === 'string' ? `through ${reason}` : reason.title)),
    }));
}
