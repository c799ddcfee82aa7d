/** RFC 6749 section 3.3: words of printable ASCII without quotes and backslashes, separated by single spaces. */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export function isScope(text: string): boolean {
  return SCOPE.test(text);
}
