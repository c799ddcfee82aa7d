type Defined<Values> = { [Name in keyof Values]?: Exclude<Values[Name], undefined> };

/** Drops entries that are undefined: with `exactOptionalPropertyTypes`, an optional property is absent or has a value. */
export function withoutUndefined<Values extends object>(values: Values): Defined<Values> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<Values>;
}
