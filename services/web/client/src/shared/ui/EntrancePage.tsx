/** The frame of the pages outside the session: the brand beside one form, the choice of language under it. */
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import classes from "./EntrancePage.module.css";
import { LanguageSwitch } from "./LanguageSwitch";
import { Logo } from "./Logo";

export function EntrancePage({ children }: { children: ReactNode }) {
  return (
    <div className={classes.page}>
      <header className={classes.brand}>
        <Logo size={72} />
        <p className={classes.motto}>
          <Trans>Каждые полчаса вашей электроэнергии — на виду</Trans>
        </p>
      </header>
      <main className={classes.main}>
        <div className={classes.form}>{children}</div>
        <LanguageSwitch />
      </main>
    </div>
  );
}

export function OtherWays({ children }: { children: ReactNode }) {
  return <div className={classes.others}>{children}</div>;
}

/** A question with the other page that answers it: «Забыли пароль?» and its button. */
export function OtherWay({ question, children }: { question: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.other}>
      <span>{question}</span>
      {children}
    </div>
  );
}
