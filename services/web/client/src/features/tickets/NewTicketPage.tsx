/** «Создать обращение»: e-mail, phone, subject and a short description go to the supplier. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { asProblem } from "../../shared/api/problem";
import { sessionUser } from "../../shared/api/session";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Block } from "../../shared/ui/Block";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { useProblemText } from "../../shared/ui/useProblemText";
import classes from "./tickets.module.css";

export function NewTicketPage() {
  const { t } = useLingui();
  const { contractId } = useParams({ from: "/signed-in/contracts/$contractId/tickets/new" });
  const problemText = useProblemText();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const idempotencyKey = useIdempotencyKey();
  const create = api.useMutation("post", "/api/v1/contracts/{contract_id}/tickets");
  const required = (value: string) => (value.trim() === "" ? t`Поле обязательно для заполнения` : null);
  const form = useForm({
    initialValues: {
      email: sessionUser()?.email ?? "",
      phone: "",
      subject: "",
      text: "",
    },
    validate: {
      email: (value) =>
        required(value) ?? (/^\S+@\S+$/.test(value.trim()) ? null : t`Проверьте адрес E-mail`),
      phone: required,
      subject: required,
      text: required,
    },
    onValuesChange: idempotencyKey.spent,
  });
  const submit = form.onSubmit(
    ({ email, phone, subject, text }) => {
      create.mutate(
        {
          params: {
            path: { contract_id: contractId },
            header: { "Idempotency-Key": idempotencyKey.current() },
          },
          body: { email: email.trim(), phone: phone.trim(), subject: subject.trim(), text: text.trim() },
        },
        {
          onError: (error) => {
            const refused = asProblem(error).fields.filter((field) => field in form.values);
            form.setErrors(Object.fromEntries(refused.map((field) => [field, t`Проверьте значение`])));
            if (refused[0] !== undefined) form.getInputNode(refused[0])?.focus();
          },
          onSuccess: async () => {
            idempotencyKey.spent();
            await queryClient.invalidateQueries({
              queryKey: ["get", "/api/v1/contracts/{contract_id}/tickets"],
            });
            await navigate({ to: "/contracts/$contractId/tickets", params: { contractId } });
          },
        },
      );
    },
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "subject")?.focus(),
  );

  return (
    <div className={classes.column}>
      <PageTitle title={t`Создать обращение`} />
      <Block title={t`Вопрос поставщику`}>
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            {create.error ? (
              <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle aria-hidden />}>
                {problemText(create.error)}
              </Alert>
            ) : null}
            <TextInput
              {...form.getInputProps("email")}
              label={t`E-mail`}
              type="email"
              autoComplete="email"
              size="md"
              required
            />
            <TextInput
              {...form.getInputProps("phone")}
              label={t`Контактный телефон`}
              type="tel"
              autoComplete="tel"
              size="md"
              required
            />
            <TextInput
              {...form.getInputProps("subject")}
              label={t`Тема`}
              maxLength={200}
              size="md"
              required
            />
            <Textarea
              {...form.getInputProps("text")}
              label={t`Описание вопроса`}
              rows={6}
              maxLength={5000}
              size="md"
              required
            />
            <Group>
              <Button type="submit" loading={create.isPending}>
                <Trans>ОТПРАВИТЬ</Trans>
              </Button>
              <ButtonLink to="/contracts/$contractId/tickets" params={{ contractId }} variant="default">
                <Trans>ОТМЕНА</Trans>
              </ButtonLink>
            </Group>
          </Stack>
        </form>
      </Block>
    </div>
  );
}
