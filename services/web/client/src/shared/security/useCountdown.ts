/** Seconds left until something may be done again; counts by the clock, since hidden tabs tick slowly. */
import { useEffect, useState } from "react";

export function useCountdown(initialSeconds: number): [number, (seconds: number) => void] {
  const [endsAtMs, setEndsAtMs] = useState(() => Date.now() + initialSeconds * 1000);
  const [nowMs, setNowMs] = useState(() => Date.now());
  const running = endsAtMs > nowMs;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  const restart = (seconds: number) => {
    setNowMs(Date.now());
    setEndsAtMs(Date.now() + seconds * 1000);
  };
  return [Math.max(0, Math.ceil((endsAtMs - nowMs) / 1000)), restart];
}
