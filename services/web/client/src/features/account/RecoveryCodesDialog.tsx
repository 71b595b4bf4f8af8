/** The recovery codes, shown once: to copy or to keep as a file. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { Dialog } from "../../shared/dialog/Dialog";
import classes from "./account.module.css";
import { CopyButton } from "./CopyButton";

export function RecoveryCodesDialog({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const { t } = useLingui();
  const text = `${codes.join("\n")}\n`;
  return (
    <Dialog title={t`Резервные коды`} onClose={onClose}>
      <Stack gap="md">
        <Text size="sm">
          <Trans>
            Сохраните коды сейчас: больше они не будут показаны. Каждый один раз заменит второй фактор, если
            телефон потерян.
          </Trans>
        </Text>
        <ul className={classes.codes}>
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Group gap="sm">
          <CopyButton text={text} />
          <Button
            component="a"
            variant="default"
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
            download="halfhour-recovery-codes.txt"
          >
            <Trans>СКАЧАТЬ</Trans>
          </Button>
          <Button onClick={onClose}>
            <Trans>КОДЫ СОХРАНЕНЫ</Trans>
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
