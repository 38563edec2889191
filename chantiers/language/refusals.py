"""Sentences for what the domain refuses: one for each code of `Refused`."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from models import Refused

SENTENCES = {
    "account_closed": _l("Ce compte est fermé : plus personne ne peut y entrer."),
    "already_archived": _l("Ce chantier est déjà archivé."),
    "already_answered": _l("Cette demande a déjà reçu sa réponse, ou elle a été retirée."),
    "already_asked": _l("Votre demande est déjà envoyée : elle attend sa réponse."),
    "already_carried": _l("Une structure porte déjà cette tâche : proposez-lui votre aide."),
    "already_invited": _l("%(email)s a déjà une invitation en attente : renvoyez-la plutôt."),
    "already_member": _l("%(person)s fait déjà partie du chantier."),
    "cannot_ask": _l("Avec un compte d’observation, on lit les chantiers sans y prendre part."),
    "chantier_archived": _l("Ce chantier est archivé : on le lit, on n’y entre plus."),
    "example_stays": _l("Ce compte d’exemple sert à toute la démonstration : il ne se ferme pas."),
    "handover_to_oneself": _l("Choisissez quelqu’un d’autre : on ne passe pas la main à soi-même."),
    "holds_something": _l("Des tâches ou des demandes viennent d’arriver : choisissez à qui les passer."),
    "nothing_held": _l("Il n’y a plus rien à passer : c’est déjà fait."),
    "cannot_invite": _l("Seul·es les référent·es du chantier et la coordination y invitent."),
    "invitation_over": _l("Cette invitation ne sert plus : demandez-en une nouvelle."),
    "already_merged": _l("L’une de ces deux structures a déjà été réunie à une autre."),
    "already_deleted": _l("Ce commentaire est déjà supprimé."),
    "already_trashed": _l("C’est déjà dans la corbeille."),
    "awaits_referent": _l(
        "Vous avez déjà dit que c’est fait : un·e référent·e du chantier doit encore valider."
    ),
    "charter_empty": _l("La charte ne peut pas être vide."),
    "checkpoint_asks_late": _l("Les mails partent entre aujourd’hui et la date à préparer."),
    "meeting_same_day": _l(
        "Un comité de pilotage existe déjà à cette date : ouvrez-le plutôt, ou rouvrez-le s’il est annulé."
    ),
    "meeting_cancelled": _l("Ce comité de pilotage est annulé : rouvrez-le d’abord."),
    "meeting_not_planned": _l("Le compte rendu de ce comité est clos : rouvrez-le d’abord."),
    "meeting_to_come": _l("Ce comité n’a pas encore eu lieu : son compte rendu ne peut pas être clos."),
    "meeting_open": _l("Ce comité est déjà ouvert."),
    "decision_withdrawn": _l("Cette décision a été retirée : rétablissez-la d’abord."),
    "decision_holds": _l("Cette décision n’a pas été retirée."),
    "decision_followed": _l("Une tâche suit déjà cette décision."),
    "checkpoint_over": _l("Ce point d’étape est déjà parti, annulé ou terminé."),
    "day_to_come": _l("Choisissez un jour passé, ou aujourd’hui."),
    "checkpoint_past": _l("Choisissez une date à partir d’aujourd’hui."),
    "dependency_circle": _l(
        "« %(title)s » attend déjà cette tâche : elles s’attendraient l’une l’autre sans fin."
    ),
    "dependency_on_itself": _l("Une tâche ne peut pas s’attendre elle-même."),
    "email_taken": _l("Une autre personne utilise déjà l’adresse %(email)s."),
    "import_not_done": _l("Cet import n’a pas été fait : il n’y a rien à annuler."),
    "import_over": _l("Cet import est déjà fait, ou abandonné. Rien n’a été modifié."),
    "nothing_to_import": _l(
        "Aucune ligne ne peut être importée : corrigez le fichier, ou changez vos choix."
    ),
    "structure_in_use": _l("« %(name)s » est nommée ailleurs : elle reste dans l’annuaire."),
    "in_review": _l("Une version est en relecture : attendez la réponse, ou retirez-la de la relecture."),
    "last_coordinator": _l("C’est la dernière personne de la coordination : nommez-en une autre d’abord."),
    "last_referent": _l("Un chantier garde au moins un·e référent·e : nommez quelqu’un d’autre d’abord."),
    "link_used": _l("Ce lien a déjà servi. Demandez-en un nouveau à la coordination."),
    "merge_with_itself": _l("Choisissez une autre structure : on ne réunit pas une structure à elle-même."),
    "name_taken": _l("La structure « %(name)s » porte déjà ce nom."),
    "licence_missing": _l("Choisissez une licence : sans elle, personne ne sait ce qu’il peut en faire."),
    "not_approved": _l("Aucune version n’est validée : on ne publie que ce qui fait référence."),
    "not_published": _l("Ce livrable n’est pas publié."),
    "published_already": _l("Cette version est déjà publiée."),
    "not_archived": _l("Ce chantier n’est pas archivé."),
    "not_blocked": _l("Cette tâche n’est plus bloquée."),
    "not_closed": _l("Cette tâche est déjà ouverte."),
    "not_enrolled": _l("La structure « %(structure)s » ne participe pas à ce chantier."),
    "not_in_review": _l("Aucune version n’est en relecture en ce moment."),
    "not_in_structure": _l("%(person)s ne fait pas partie de cette structure."),
    "nobody_to_relaunch": _l("Choisissez au moins une personne à relancer."),
    "not_concerned": _l("L’une de ces personnes n’est plus concernée : la liste est à jour, relisez-la."),
    "not_member": _l("%(person)s ne participe pas à ce chantier."),
    "not_own_structure": _l("Vous ne pouvez engager que votre propre structure."),
    "not_to_validate": _l("Cette tâche n’attend plus de validation."),
    "not_trashed": _l("Ce n’est plus dans la corbeille."),
    "newer_version": _l(
        "La version %(number)s est arrivée entre-temps : lisez-la, puis décidez. Rien n’a été modifié."
    ),
    "no_version": _l("Il n’y a pas encore de version : ajoutez-en une d’abord."),
    "number_taken": _l("Un autre chantier porte déjà le numéro %(number)s."),
    "objective_in_use": _l(
        "Des tâches ou des livrables dépendent de cet objectif : déplacez-les ou supprimez-les d’abord."
    ),
    "objective_not_operational": _l("Choisissez un objectif opérationnel de ce chantier."),
    "objective_trashed": _l(
        "Son objectif « %(objective)s » est lui-même dans la corbeille : il faut d’abord le rétablir."
    ),
    "other_column": _l("La carte a changé de colonne entre-temps : rechargez le tableau."),
    "password_common": _l(
        "Ce mot de passe est trop courant ou trop simple : choisissez-en un que personne ne devinerait."
    ),
    "password_personal": _l("Ce mot de passe contient votre nom ou votre adresse : choisissez-en un autre."),
    "password_too_long": _l("Ce mot de passe est trop long : 256 caractères au plus."),
    "password_too_short": _l(
        "Ce mot de passe est trop court : 12 caractères au moins. Une phrase convient très bien."
    ),
    "purged": _l("Les trente jours sont passés : le contenu a été effacé pour de bon."),
    "all_answered": _l("Tout le monde a répondu : il n’y a plus personne à relancer."),
    "closes_too_early": _l("Choisissez une date de clôture à partir d’aujourd’hui."),
    "reminded_today": _l("Une relance est déjà partie aujourd’hui : la prochaine pourra partir demain."),
    "review_over": _l("Cette relecture est close : votre avis n’a pas été enregistré."),
    "reason_missing": _l("Dites en une phrase pourquoi : les autres en ont besoin pour agir."),
    "state_already": _l("C’est déjà fait : quelqu’un vous a devancé·e, ou l’étape est passée."),
    "status_already": _l("La tâche n’est plus dans le même statut : quelqu’un l’a changée entre-temps."),
    "structure_beyond": _l(
        "« %(structure)s » participe aussi à d’autres chantiers : la coordination seule y fait entrer quelqu’un."
    ),
    "structure_merged": _l("« %(structure)s » a été réunie à une autre structure : choisissez l’autre."),
    "task_closed": _l("Cette tâche est terminée ou abandonnée : rouvrez-la d’abord."),
    "task_of_another_chantier": _l("Cette tâche appartient à un autre chantier."),
    "too_many_files": _l("%(max)s fichiers au plus."),
    "text_empty": _l("Écrivez un texte : une version ne peut pas être vide."),
}


def say(refused: Refused) -> str:
    """Return the sentence for a refusal of the domain."""
    sentence = SENTENCES.get(refused.code)
    if sentence is None:
        return str(gettext("Ce n’est pas possible en ce moment. Rien n’a été modifié."))
    return str(sentence) % refused.particulars
