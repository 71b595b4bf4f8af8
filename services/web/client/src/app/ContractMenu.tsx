/** The three dots of a contract (manual, chapter 3.3): rename, share, see who looked, unlink. Its dialogs load when they are opened. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconEye, IconPencil, IconTrash, IconUsers } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Contract } from "../shared/api/types";
import { loadTexts } from "../shared/i18n/language";
import classes from "./SideNav.module.css";

const RenameDialog = lazy(async () => {
  const [part] = await Promise.all([import("../features/contracts/RenameDialog"), loadTexts("account")]);
  return { default: part.RenameDialog };
});
const UnlinkDialog = lazy(async () => {
  const [part] = await Promise.all([import("../features/contracts/UnlinkDialog"), loadTexts("account")]);
  return { default: part.UnlinkDialog };
});

export function ContractMenu({ contract }: { contract: Contract }) {
  const { t } = useLingui();
  const [asked, setAsked] = useState<"rename" | "unlink" | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <Menu
        shadow="md"
        position="bottom-end"
        width={220}
        withinPortal={false}
        withInitialFocusPlaceholder={false}
      >
        <Menu.Target>
          <ActionIcon
            className={classes.dots ?? ""}
            variant="transparent"
            size={36}
            aria-label={t`Действия с договором: ${contract.name}`}
          >
            <IconDots size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setAsked("rename")}>
            <Trans>Редактировать</Trans>
          </Menu.Item>
          {contract.rights === "full" && contract.state === "linked" ? (
            <Menu.Item
              component={Link}
              to={`/contracts/${contract.id}/sharing`}
              leftSection={<IconUsers size={18} aria-hidden />}
            >
              <Trans>Доступ для других</Trans>
            </Menu.Item>
          ) : null}
          {contract.state === "linked" ? (
            <Menu.Item
              component={Link}
              to={`/contracts/${contract.id}/accesses`}
              leftSection={<IconEye size={18} aria-hidden />}
            >
              <Trans>Кто смотрел данные</Trans>
            </Menu.Item>
          ) : null}
          <Menu.Item leftSection={<IconTrash size={18} aria-hidden />} onClick={() => setAsked("unlink")}>
            <Trans>Отвязать</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {asked === "rename" ? <RenameDialog contract={contract} onClose={close} /> : null}
        {asked === "unlink" ? <UnlinkDialog contract={contract} onClose={close} /> : null}
      </Suspense>
    </>
  );
}
