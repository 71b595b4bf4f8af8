/** «Безопасность»: the second factor, the sessions, what happened to the account. */
import classes from "./account.module.css";
import { FactorsBlock } from "./FactorsBlock";
import { SecurityLogBlock } from "./SecurityLogBlock";
import { SessionsBlock } from "./SessionsBlock";

export function SecurityTab() {
  return (
    <div className={classes.column}>
      <FactorsBlock />
      <SessionsBlock />
      <SecurityLogBlock />
    </div>
  );
}
