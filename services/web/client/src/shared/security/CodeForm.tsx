/** A field for one code and its button; the field has the focus, since the code is all that is asked. */
import { Trans } from "@lingui/react/macro";
import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useFieldRules } from "./useFieldRules";

export function CodeForm(props: {
  label: string;
  hint: string;
  numeric: boolean;
  busy: boolean;
  send: (code: string) => void;
}) {
  const { label, hint, numeric, busy, send } = props;
  const rules = useFieldRules();
  const form = useForm({ initialValues: { code: "" }, validate: { code: rules.required } });
  const submit = form.onSubmit(
    ({ code }) => send(code.replace(/\s/g, "")),
    () => form.getInputNode("code")?.focus(),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          {...form.getInputProps("code")}
          label={label}
          description={hint}
          inputMode={numeric ? "numeric" : "text"}
          autoComplete={numeric ? "one-time-code" : "off"}
          autoCapitalize="off"
          spellCheck={false}
          maxLength={40}
          size="md"
          data-autofocus
          autoFocus
          required
        />
        <Button type="submit" loading={busy} fullWidth>
          <Trans>ПОДТВЕРДИТЬ</Trans>
        </Button>
      </Stack>
    </form>
  );
}
