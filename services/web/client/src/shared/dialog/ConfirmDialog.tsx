/** Asks once more before something that cannot be taken back. */
import { Trans } from "@lingui/react/macro";
import { Button, Group, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Dialog } from "./Dialog";

export function ConfirmDialog(props: {
  title: string;
  action: ReactNode;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { title, action, busy, onConfirm, onClose, children } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      <Stack gap="md">
        {children}
        <Group gap="sm">
          <Button color="red.9" loading={busy} onClick={onConfirm}>
            {action}
          </Button>
          <Button variant="default" onClick={onClose} data-autofocus>
            <Trans>ОТМЕНА</Trans>
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
