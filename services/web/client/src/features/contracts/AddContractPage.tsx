/** «Добавить договор» (manual, chapters 2.2 and 3.2): supplier, own name, the supplier's login and password. */
import "./contracts.css";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api } from "../../shared/api/client";
import { noteLinked } from "../../shared/api/freshLinks";
import { asProblem } from "../../shared/api/problem";
import type { RefusedLink } from "../../shared/api/types";
import { useIdempotencyKey } from "../../shared/api/useIdempotencyKey";
import { Block } from "../../shared/ui/Block";
import { PageTitle } from "../../shared/ui/PageTitle";
import { QueryBlock } from "../../shared/ui/states";
import { useProblemText } from "../../shared/ui/useProblemText";
import classes from "./contracts.module.css";
import { RefusedLinksBlock } from "./RefusedLinksBlock";

export function AddContractPage() {
  const { t } = useLingui();
  const { supplier, name } = useSearch({ from: "/signed-in/contracts/new" });
  const navigate = useNavigate();
  const suppliers = api.useQuery("get", "/api/v1/suppliers");
  const again = (link: RefusedLink) =>
    navigate({
      to: "/contracts/new",
      search: { name: link.name, ...(link.supplier === null ? {} : { supplier: link.supplier.code }) },
      replace: true,
    });
  return (
    <>
      <PageTitle title={t`Добавить договор`} />
      <div className={classes.column}>
        <Block title={t`Договор поставщика`}>
          <QueryBlock query={suppliers} height={360}>
            {(page) => (
              <AddContractForm
                // Another contract to try again is another form.
                key={`${supplier} ${name}`}
                chosen={supplier}
                name={name ?? ""}
                options={page.items.map(({ code, name }) => ({ value: code, label: name }))}
              />
            )}
          </QueryBlock>
        </Block>
        <RefusedLinksBlock onRetry={again} />
      </div>
    </>
  );
}

function AddContractForm(props: {
  options: { value: string; label: string }[];
  /** Code of the supplier, when the contract is one that its supplier has locked with a new password. */
  chosen: string | undefined;
  /** The name that such a contract had. */
  name: string;
}) {
  const { options, chosen, name: formerName } = props;
  const { t } = useLingui();
  const problemText = useProblemText();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const idempotencyKey = useIdempotencyKey();
  const link = api.useMutation("post", "/api/v1/contracts");
  const required = (value: string | null) =>
    value === null || value.trim() === "" ? t`Поле обязательно для заполнения` : null;
  const form = useForm({
    initialValues: {
      supplierCode: startOf(options, chosen),
      name: formerName,
      login: "",
      password: "",
    } as { supplierCode: string | null; name: string; login: string; password: string },
    validate: { supplierCode: required, name: required, login: required, password: required },
    onValuesChange: idempotencyKey.spent,
  });

  const submit = form.onSubmit(
    ({ supplierCode, name, login, password }) => {
      link.mutate(
        {
          params: { header: { "Idempotency-Key": idempotencyKey.current() } },
          body: { supplier_code: supplierCode ?? "", name: name.trim(), login: login.trim(), password },
        },
        {
          onError: (error) => {
            const refused = asProblem(error).fields.filter((field) => field in form.values);
            form.setErrors(Object.fromEntries(refused.map((field) => [field, t`Проверьте значение`])));
            if (refused[0] !== undefined) form.getInputNode(refused[0])?.focus();
            return queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/refused-links"] });
          },
          onSuccess: async (contract) => {
            idempotencyKey.spent();
            noteLinked(contract.id);
            // Of a contract that is linked anew, its page still has what it was without the link.
            await queryClient.invalidateQueries({
              predicate: ({ queryKey: [, path] }) =>
                typeof path === "string" && /^\/api\/v1\/(contracts|refused-links)/.test(path),
            });
            await navigate({ to: "/contracts/$contractId", params: { contractId: contract.id } });
          },
        },
      );
    },
    (errors) => form.getInputNode(Object.keys(errors)[0] ?? "name")?.focus(),
  );

  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        {link.error ? (
          <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle aria-hidden />}>
            {problemText(link.error)}
          </Alert>
        ) : null}
        <Select
          {...form.getInputProps("supplierCode")}
          label={t`Поставщик`}
          placeholder={t`Выберите из списка`}
          data={options}
          searchable
          comboboxProps={{ withinPortal: false }}
          nothingFoundMessage={t`Такого поставщика нет`}
          size="md"
          required
        />
        <TextInput
          {...form.getInputProps("name")}
          label={t`Название`}
          description={t`Так договор будет называться в вашем списке`}
          maxLength={100}
          size="md"
          required
        />
        <TextInput
          {...form.getInputProps("login")}
          label={t`Логин`}
          description={t`Логин и пароль выдаёт поставщик`}
          autoComplete="off"
          size="md"
          required
        />
        <PasswordInput
          {...form.getInputProps("password")}
          label={t`Пароль`}
          autoComplete="off"
          size="md"
          required
          visibilityToggleButtonProps={{ "aria-label": t`Показать или скрыть пароль`, tabIndex: 0 }}
        />
        <Button type="submit" loading={link.isPending}>
          <Trans>ДОБАВИТЬ</Trans>
        </Button>
        {link.isPending ? (
          <Text size="sm" c="dimmed" role="status">
            <Trans>Проверяем логин и пароль…</Trans>
          </Text>
        ) : null}
      </Stack>
    </form>
  );
}

function startOf(options: { value: string }[], chosen: string | undefined): string | null {
  const only = options.length === 1 ? options[0]?.value : undefined;
  return options.find(({ value }) => value === chosen)?.value ?? only ?? null;
}
