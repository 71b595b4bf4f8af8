/** The sheet with new passwords: shown once, to be printed and cut. Leaving it wants one more word. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Text } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import type { CredentialSheet } from "../../shared/api/types";
import { ConfirmDialog } from "../../shared/dialog/ConfirmDialog";
import { PageTitle } from "../../shared/ui/PageTitle";
import classes from "./operator.module.css";

export function SheetView({ sheet, onDone }: { sheet: CredentialSheet; onDone: () => void }) {
  const { t } = useLingui();
  const [asking, setAsking] = useState(false);
  const leaving = useBlocker({ shouldBlockFn: () => true, withResolver: true });
  return (
    <>
      <PageTitle title={t`Логины и пароли договоров`}>
        <Group gap="sm" className={classes.screen ?? ""}>
          <Button leftSection={<IconPrinter size={18} aria-hidden />} onClick={() => window.print()}>
            <Trans>ПЕЧАТЬ</Trans>
          </Button>
          <Button variant="default" onClick={() => setAsking(true)}>
            <Trans>ГОТОВО</Trans>
          </Button>
        </Group>
      </PageTitle>
      <Alert
        color="orange"
        variant="light"
        role="status"
        className={`${classes.screen ?? ""} ${classes.notice ?? ""}`}
      >
        <Trans>Пароли показаны один раз. Распечатайте лист сейчас: потом можно только выдать новые.</Trans>
      </Alert>
      <ul className={classes.strips}>
        {sheet.items.map(({ contract_id: id, number, login, password }) => (
          <li key={id} className={classes.strip}>
            <strong>{sheet.supplier}</strong>
            <dl>
              <dt>
                <Trans>Договор №</Trans>
              </dt>
              <dd>{number}</dd>
              <dt>
                <Trans>Логин</Trans>
              </dt>
              <dd>{login}</dd>
              <dt>
                <Trans>Пароль</Trans>
              </dt>
              <dd>{password}</dd>
            </dl>
            <p className={classes.dim}>
              <Trans>
                Добавьте договор в личном кабинете: выберите поставщика, введите логин и пароль. Прежний
                пароль больше не действует.
              </Trans>
            </p>
          </li>
        ))}
      </ul>
      {asking || leaving.status === "blocked" ? (
        <ConfirmDialog
          title={t`Закрыть лист?`}
          action={<Trans>ЗАКРЫТЬ ЛИСТ</Trans>}
          busy={false}
          onConfirm={() => (leaving.status === "blocked" ? leaving.proceed() : onDone())}
          onClose={() => {
            setAsking(false);
            if (leaving.status === "blocked") leaving.reset();
          }}
        >
          <Text>
            <Trans>Пароли больше не будут показаны. Убедитесь, что лист распечатан.</Trans>
          </Text>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
