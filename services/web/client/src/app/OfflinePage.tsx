/** Shown when the page opens and the server cannot be asked whether a session exists. */
import { useState } from "react";
import { networkProblem } from "../shared/api/problem";
import { restoreSession } from "../shared/api/session";
import { Logo } from "../shared/ui/Logo";
import { Failed } from "../shared/ui/states";
import classes from "./OfflinePage.module.css";

export function OfflinePage() {
  const [error, setError] = useState<unknown>(networkProblem());
  const [busy, setBusy] = useState(false);
  const retry = () => {
    setBusy(true);
    return restoreSession()
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <main className={classes.page}>
      <Logo />
      <Failed error={error} retry={retry} busy={busy} />
    </main>
  );
}
