/** What a user may see by role. The server decides; this only spares the user pages that would be refused. */
import type { User } from "./types";

export function isOperator(user: User | null): boolean {
  return user?.roles.includes("operator") === true;
}

/** Who works with a second factor only. */
export function isStaff(user: User | null): boolean {
  return user?.roles.some((role) => role !== "consumer") === true;
}

/** Staff whose session has not seen a second factor: it has no role, and may add a factor only. */
export function mustAddFactor(user: User | null): boolean {
  return user?.roles.length === 0;
}

/** Staff of a supplier may have no contracts of their own; then the pages about them are not theirs either. */
export function isConsumer(user: User | null): boolean {
  return !isOperator(user) || user?.roles.includes("consumer") === true;
}
