/** «Личные данные»: name, phone, language; the e-mail; which notices come; the password. */
import { useLingui } from "@lingui/react/macro";
import { Block } from "../../shared/ui/Block";
import { QueryBlock } from "../../shared/ui/states";
import classes from "./account.module.css";
import { EmailBlock } from "./EmailBlock";
import { NoticesBlock } from "./NoticesBlock";
import { PasswordBlock } from "./PasswordBlock";
import { PersonalForm } from "./PersonalForm";
import { useProfile } from "./queries";

export function PersonalTab() {
  const { t } = useLingui();
  const profile = useProfile();
  return (
    <div className={classes.column}>
      <Block title={t`О вас`}>
        <QueryBlock query={profile} height={300}>
          {(data) => <PersonalForm profile={data} />}
        </QueryBlock>
      </Block>
      <Block title={t`Электронная почта`}>
        <QueryBlock query={profile} height={96}>
          {(data) => <EmailBlock profile={data} />}
        </QueryBlock>
      </Block>
      <NoticesBlock />
      <Block title={t`Смена пароля`}>
        <PasswordBlock profile={profile.data} />
      </Block>
    </div>
  );
}
