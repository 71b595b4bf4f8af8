/** The frame of a form by which staff decide on half hours: what was refused, the fields, decide or leave. */
import { Trans } from "@lingui/react/macro";
import { Button, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { Refusal } from "../../shared/security/Refusal";
import { useAccountingText } from "./useAccountingText";

export function DecisionForm(props: {
  decision: { error: unknown; isPending: boolean };
  label: ReactNode;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { decision, label, onSubmit, onClose, children } = props;
  const textOf = useAccountingText();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Refusal error={decision.error} textOf={textOf} />
        {children}
        <Group gap="sm">
          <Button type="submit" loading={decision.isPending}>
            {label}
          </Button>
          <Button variant="default" onClick={onClose}>
            <Trans>ОТМЕНА</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
