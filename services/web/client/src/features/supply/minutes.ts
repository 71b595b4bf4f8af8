/** Begun minutes, as the API counts them. */
export function minutes(seconds: number): number {
  return Math.ceil(seconds / 60);
}
