/** The part of the output of `npm audit --json` that is used here. */
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
 * The packages of the bill of materials, a Markdown table, that have known vulnerabilities.
 * @throws Error if the registry could not be asked
 */
export function vulnerableMaterials(
  { vulnerabilities }: AuditReport,
  materials: string,
): VulnerableMaterial[] {
  if (vulnerabilities === undefined)
    throw new Error('npm audit returned no vulnerabilities field: the registry did not answer');
  const names = new Set([...materials.matchAll(/^\| (\S+) \|/gm)].map(([, name]) => name));
  return Object.entries(vulnerabilities)
    .filter(([name]) => names.has(name))
    .map(([name, { severity, via }]) => ({
      name,
      severity,
      titles: via.map((reason) => (typeof reason === 'string' ? `through ${reason}` : reason.title)),
    }));
}
