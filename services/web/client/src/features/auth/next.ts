/** Where to go after signing in: only a path of this site, never another host. */
export function nextPath(value: unknown): string | null {
  if (typeof value !== "string" || !value.startsWith("/") || value.startsWith("//")) return null;
  if (/[\\\s]/.test(value)) return null;
  return value;
}
