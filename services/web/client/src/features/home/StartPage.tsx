/** "/": the first contract's home page, or, with no contract yet, the way to add one. */
import { Trans, useLingui } from "@lingui/react/macro";
import { IconPlus } from "@tabler/icons-react";
import { Navigate } from "@tanstack/react-router";
import { useContracts } from "../../shared/api/lists";
import { Block } from "../../shared/ui/Block";
import { ButtonLink } from "../../shared/ui/links";
import { PageTitle } from "../../shared/ui/PageTitle";
import { Empty, QueryBlock } from "../../shared/ui/states";

export function StartPage() {
  const { t } = useLingui();
  const query = useContracts();
  const first = query.data?.find(({ state }) => state === "linked") ?? query.data?.[0];
  if (first !== undefined) {
    return <Navigate to="/contracts/$contractId" params={{ contractId: first.id }} replace />;
  }
  return (
    <>
      <PageTitle title={t`Главная`} />
      <QueryBlock query={query} height={180}>
        {() => (
          <Block title={t`Договоров пока нет`}>
            <Empty
              title={<Trans>Добавьте договор, чтобы увидеть показания и профиль мощности.</Trans>}
              hint={<Trans>Понадобятся логин и пароль, полученные от поставщика электроэнергии.</Trans>}
            >
              <ButtonLink to="/contracts/new" mt="sm" leftSection={<IconPlus size={18} aria-hidden />}>
                <Trans>ДОБАВИТЬ ДОГОВОР</Trans>
              </ButtonLink>
            </Empty>
          </Block>
        )}
      </QueryBlock>
    </>
  );
}
