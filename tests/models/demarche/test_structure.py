"""Member structures: their names, their people, and two records that become one."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from models import (
    Activity,
    Base,
    ChantierStructure,
    Deliverable,
    Invitation,
    Refused,
    Structure,
    StructureAlias,
    StructureMember,
    Task,
    close_account,
    deliverable_structure,
    merge_structures,
    task_structure,
)
from tests.support.factories import (
    make_chantier,
    make_coordinator,
    make_deliverable,
    make_objective,
    make_structure,
    make_task,
    make_user,
)


def aliases_of(session, structure):
    names = select(StructureAlias.name).filter_by(structure_id=structure.id)
    return list(session.scalars(names.order_by(StructureAlias.name_key)))


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Que'Volterre", "que volterre", "QUE’VOLTERRE", "Qué  Volterre"])
def test_a_name_is_known_whatever_its_accents_and_case(session, name):
    structure = make_structure("Que'Volterre")
    assert Structure.known_as(name) is structure
    with pytest.raises(Refused, match="name_taken") as refused:
        Structure.create(name, by=None)
    assert refused.value.particulars == {"name": "Que'Volterre"}


def test_no_structure_takes_the_address_of_another_page(session):
    assert make_structure("Nouvelle").slug == "nouvelle-2"


def test_an_alias_is_a_name_too(session):
    structure = make_structure("Mouvement pour l'Economie Solidaire")
    assert structure.also_known_as(["MES", "Le MES"])
    assert Structure.known_as("mes") is structure
    with pytest.raises(Refused, match="name_taken"):
        make_structure("Mes")


def test_the_whole_list_of_aliases_is_replaced(session):
    by, structure = make_coordinator(), make_structure("Actes")
    structure.also_known_as(["Un", "Deux"], by=by)
    assert structure.also_known_as(["deux", "Trois", "actes", " ", "Trois"], by=by)
    assert aliases_of(session, structure) == ["deux", "Trois"]
    assert not structure.also_known_as(["Trois", "deux"], by=by)
    lines = session.scalars(select(Activity).where(Activity.action == "structure.edited")).all()
    assert [line.particulars for line in lines] == [{"fields": ["aliases"]}] * 2


def test_the_alias_of_one_is_not_the_alias_of_another(session):
    make_structure("Actes").also_known_as(["ACT"])
    with pytest.raises(Refused, match="name_taken"):
        make_structure("Autre").also_known_as(["act"])


def test_names_without_a_letter_are_told_apart(session):
    seedling, fire = make_structure("🌱"), make_structure("🔥")
    assert Structure.known_as("🌱") is seedling and Structure.known_as("🔥") is fire
    assert seedling.slug != fire.slug


def test_letters_that_fold_into_two_fit_their_column(session):
    structure = make_structure("œ" * 300)
    structure.also_known_as(["æ" * 300])
    session.commit()
    assert Structure.known_as("Œ" * 300) is structure


def test_editing_says_what_changed_and_refuses_anothers_name(session):
    by, structure = make_coordinator(), make_structure("Actes")
    make_structure("Ronalpia")
    assert structure.edit(by=by, name="Les Actes", kind="network", site="") == ["name", "kind"]
    assert structure.name_key == "les actes"
    assert structure.edit(by=by, name="Les Actes") == []
    with pytest.raises(Refused, match="name_taken"):
        structure.edit(by=by, name="ronalpia")


# People --------------------------------------------------------------------------------------------------------------


def test_people_join_with_the_chantiers_of_their_structure(session):
    by, structure, ada = make_coordinator(), make_structure(), make_user()
    here, left = make_chantier(), make_chantier()
    here.enrol(structure, by=by)
    left.enrol(structure, by=by)
    left.withdraw(structure, by=by)
    assert not ada.standing.structures

    structure.gather(ada, by=by)
    structure.gather(ada, by=by)

    assert ada.standing.structures == {structure.id}
    assert ada.takes_part_in(here.id) and not ada.takes_part_in(left.id)
    joined = select(func.count(Activity.id)).where(Activity.action == "person.joined_structure")
    assert session.scalar(joined) == 1


def test_people_leave_and_keep_their_part_in_chantiers(session):
    by, structure, ada, chantier = make_coordinator(), make_structure(), make_user(), make_chantier()
    chantier.enrol(structure, by=by)
    structure.gather(ada, by=by)
    structure.part_with(ada, by=by)
    assert not ada.standing.structures
    assert ada.takes_part_in(chantier.id)
    with pytest.raises(Refused, match="not_in_structure"):
        structure.part_with(ada, by=by)


def test_neither_a_closed_account_nor_a_merged_record_gathers(session):
    by, old, kept, ada = make_coordinator(), make_structure(), make_structure(), make_user()
    merge_structures(old, into=kept, by=by)
    with pytest.raises(Refused, match="structure_merged"):
        old.gather(ada, by=by)
    close_account(ada, by=by)
    with pytest.raises(Refused, match="account_closed"):
        kept.gather(ada, by=by)


# Merging -------------------------------------------------------------------------------------------------------------


def test_nothing_is_lost_when_two_records_become_one(session):
    by = make_coordinator()
    old, kept, other = make_structure("Le MES"), make_structure("MES"), make_structure("Autre")
    objective = make_objective(make_chantier())
    led = make_task(objective, pilote=old, contributors=[other])
    led_with_kept = make_task(objective, pilote=old, contributors=[kept])
    helped = make_task(objective, pilote=other, contributors=[old])
    helped_by_both = make_task(objective, pilote=other, contributors=[old, kept])
    led_by_kept = make_task(objective, pilote=kept, contributors=[old])
    of_kept = make_task(objective, pilote=kept)
    promised = make_deliverable(objective, "Un", structures=[old])
    promised_by_both = make_deliverable(objective, "Deux", structures=[old, kept])
    carried = Task.carried_by([old.id, kept.id])
    tasks_before = session.scalar(select(func.count(Task.id)).where(carried))

    merge_structures(old, into=kept, by=by)
    session.commit()
    session.expire_all()

    def contributors(task):
        rows = select(task_structure.c.structure_id).where(task_structure.c.task_id == task.id)
        return set(session.scalars(rows))

    assert session.scalar(select(func.count(Task.id)).where(Task.carried_by([kept.id]))) == tasks_before
    assert session.scalar(select(func.count(Task.id)).where(Task.carried_by([old.id]))) == 0
    assert (led.pilote_id, contributors(led)) == (kept.id, {other.id})
    assert (led_with_kept.pilote_id, contributors(led_with_kept)) == (kept.id, set())
    assert (helped.pilote_id, contributors(helped)) == (other.id, {kept.id})
    assert (helped_by_both.pilote_id, contributors(helped_by_both)) == (other.id, {kept.id})
    assert (led_by_kept.pilote_id, contributors(led_by_kept)) == (kept.id, set())
    assert (of_kept.pilote_id, contributors(of_kept)) == (kept.id, set())
    for deliverable in (promised, promised_by_both):
        rows = deliverable_structure.c.deliverable_id == deliverable.id
        assert session.scalars(select(deliverable_structure.c.structure_id).where(rows)).all() == [kept.id]
    assert session.scalar(select(func.count(Deliverable.id))) == 2


def test_every_table_that_names_structures_is_handed_over(session):
    """Who adds a table with a structure in it meets this list, and teaches `merge_structures` about it."""
    naming = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "structure"
    }
    assert naming == {
        "chantier_structure.structure_id",
        "deliverable_structure.structure_id",
        "invitation.structure_id",
        "join_request.structure_id",
        "meeting_presence.structure_id",
        "review_request.structure_id",
        "structure.merged_into_id",
        "structure_alias.structure_id",
        "structure_member.structure_id",
        "task.pilote_id",
        "task_structure.structure_id",
    }


def test_the_earliest_enrolment_and_the_past_ones_are_kept(session, clock):
    by, old, kept = make_coordinator(), make_structure(), make_structure()
    both, mine, theirs, past = (make_chantier() for _ in range(4))
    clock.travel_to("2024-01-10 10:00")
    both.enrol(old, by=by)
    past.enrol(old, by=by)
    clock.travel_to("2024-02-10 10:00")
    both.enrol(kept, by=None)
    mine.enrol(old, by=by)
    theirs.enrol(kept, by=by)
    past.withdraw(old, by=by)

    merge_structures(old, into=kept, by=by)

    rows = session.scalars(select(ChantierStructure).order_by(ChantierStructure.chantier_id)).all()
    assert {row.structure_id for row in rows} == {kept.id}
    found = {row.chantier_id: (row.left_at is None, row.joined_at.month, row.enrolled_by_id) for row in rows}
    assert len(rows) == len(found) == 4
    assert found[both.id] == (True, 1, by.id)
    assert found[mine.id] == found[theirs.id] == (True, 2, by.id)
    assert found[past.id] == (False, 1, by.id)


def test_people_of_both_stand_where_the_one_structure_stands(session, clock):
    by, old, kept = make_coordinator(), make_structure(), make_structure()
    only_old, only_kept = make_chantier(), make_chantier()
    ada, ben, both = make_user("Ada"), make_user("Ben"), make_user("Des deux")
    clock.travel_to("2024-01-10 10:00")
    old.gather(ada, by=by)
    old.gather(both, by=by)
    clock.travel_to("2024-02-10 10:00")
    kept.gather(ben, by=by)
    kept.gather(both, by=by)
    only_old.enrol(old, by=by)
    only_kept.enrol(kept, by=by)
    assert ada.standing.structures == {old.id}
    assert not ada.takes_part_in(only_kept.id)

    merge_structures(old, into=kept, by=by)

    for person in (ada, ben, both):
        assert person.standing.structures == {kept.id}
        assert person.takes_part_in(only_old.id) and person.takes_part_in(only_kept.id)
    since = session.get(StructureMember, (kept.id, both.id)).since
    assert since == datetime(2024, 1, 10, 9, tzinfo=UTC) or since.month == 1


def test_names_lead_to_the_one_that_stays(session):
    by = make_coordinator()
    older, old, kept = make_structure("Très vieux"), make_structure("Le MES"), make_structure("MES")
    old.also_known_as(["Mouvement", "L’autre nom"])
    merge_structures(older, into=old, by=by)
    merge_structures(old, into=kept, by=by)
    assert aliases_of(session, kept) == ["L’autre nom", "Le MES", "Mouvement", "Très vieux"]
    for name in ("Le MES", "mouvement", "tres vieux", "MES"):
        assert Structure.known_as(name).id == kept.id
    assert older.merged_into_id == kept.id, "an address leads there in one step"
    visible = session.scalars(Structure.visible_to(by)).all()
    assert visible == [kept]


def test_what_the_kept_record_does_not_say_comes_from_the_other(session):
    by, old, kept = make_coordinator(), make_structure(), make_structure()
    old.edit(by=by, site="https://un.example", territory="Jura", kind="network")
    kept.edit(by=by, territory="Ain")
    merge_structures(old, into=kept, by=by)
    assert (kept.site, kept.territory, kept.kind) == ("https://un.example", "Ain", "network")


def test_merging_is_told_once_and_refused_otherwise(session):
    by, old, kept = make_coordinator(), make_structure("Un"), make_structure("Deux")
    with pytest.raises(Refused, match="merge_with_itself"):
        merge_structures(old, into=old, by=by)
    merge_structures(old, into=kept, by=by)
    line = session.scalars(select(Activity).where(Activity.action == "structure.merged")).one()
    assert (line.title, line.particulars) == ("Un", {"into": "Deux"})
    with pytest.raises(Refused, match="already_merged"):
        merge_structures(old, into=kept, by=by)
    with pytest.raises(Refused, match="already_merged"):
        merge_structures(kept, into=old, by=by)


def test_an_invitation_for_a_merged_structure_is_for_the_other(session):
    by, old, kept = make_coordinator(), make_structure(), make_structure()
    invitation = Invitation.send(make_chantier(), "camille@example.org", "Camille", by=by, structure=old)
    merge_structures(old, into=kept, by=by)
    session.flush()
    session.refresh(invitation)
    assert invitation.structure_id == kept.id
