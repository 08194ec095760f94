"""The registries: what each says (`records`), what can be asked of it (`ports`), and each over HTTP (`clients`)."""

from dataclasses import dataclass
from typing import Self

from adapters.http import HttpSystem
from adapters.registries import clients, ports


@dataclass(frozen=True)
class Registries:
    """All of them, as one value: a step names the one that it asks."""

    persons: ports.PersonsRegistry
    civil: ports.CivilRegistry
    disability: ports.DisabilityDatabase
    mobile: ports.MobileDatabase
    labour: ports.LabourMarket
    fund: ports.SocialInsurance
    awards: ports.AwardsRegistry
    deaths: ports.DeathsRegistry
    assistance: ports.AssistanceRegistry
    pensions: ports.PensionsRegistry
    kandas: ports.KandasRegistry

    @classmethod
    def over(cls, system: HttpSystem) -> Self:
        """All behind one address, as the interchange of the state's databases offers them."""
        return cls(
            persons=clients.HttpPersonsRegistry(system),
            civil=clients.HttpCivilRegistry(system),
            disability=clients.HttpDisabilityDatabase(system),
            mobile=clients.HttpMobileDatabase(system),
            labour=clients.HttpLabourMarket(system),
            fund=clients.HttpSocialInsurance(system),
            awards=clients.HttpAwardsRegistry(system),
            deaths=clients.HttpDeathsRegistry(system),
            assistance=clients.HttpAssistanceRegistry(system),
            pensions=clients.HttpPensionsRegistry(system),
            kandas=clients.HttpKandasRegistry(system),
        )
