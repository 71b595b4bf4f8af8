/** A device that told neither its browser nor its system has no name. */
export function isUnknown(device: string | null): boolean {
  return device === null || device === "" || device === "?";
}
