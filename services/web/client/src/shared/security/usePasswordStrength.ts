/** Asks the server how hard a password is to guess, some time after the last key; its silence shows nothing. */
import { useEffect, useState } from "react";
import { publicFetchClient } from "../api/client";
import type { PasswordStrength } from "../api/types";

const PAUSE_MS = 400;

export function usePasswordStrength(
  password: string,
  about: { email: string; fullName: string },
): PasswordStrength | null {
  const [strength, setStrength] = useState<PasswordStrength | null>(null);
  const { email, fullName } = about;
  useEffect(() => {
    setStrength(null);
    if (password === "") return;
    const cancelled = new AbortController();
    const ask = async () => {
      const body = { password, email, full_name: fullName };
      const answer = await publicFetchClient
        .POST("/api/v1/password-strength", { body, signal: cancelled.signal })
        // An aid only: the server judges the password again when it is sent.
        .catch(() => null);
      if (!cancelled.signal.aborted) setStrength(answer?.data ?? null);
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      cancelled.abort();
    };
  }, [password, email, fullName]);
  return strength;
}
