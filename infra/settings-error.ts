/** Invalid settings. The message has one line for each problem, and is all that the user needs. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
