"""Words of the admin page, in the languages of the interface. Left out: those of the other pages (`texts.py`)."""

from __future__ import annotations

from typing import Final

ADMIN_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "add": "Add",
        "address": "Address of a feed, a sitemap or a page",
        "address_note": "Looked at now and then. What was read from one that is removed stays.",
        "addresses": "Sources by address",
        "article_gone": "Remove an article by its id",
        "article_note": "One that is an uploaded file by itself is removed with that file. One that was read from a "
        "folder comes back with the next run over that folder.",
        "back": "Back to the administration",
        "choose": "Choose files, or drop them here",
        "current": "in use",
        "failed": "What could not be read",
        "failed_none": "Everything could be read.",
        "files": "Uploaded files",
        "files_none": "Nothing was uploaded yet.",
        "generations": "Earlier states",
        "generations_note": "The newest are kept, {kept} at most. One that was gone back to lasts until the next run "
        "that finds it differs from the files and addresses above.",
        "go_back": "Go back to this",
        "holds": "{articles} articles in {passages} passages.",
        "key": "Key with the scope “admin”",
        "key_note": "Keys are made on the server: loccit keys create NAME --scope admin",
        "key_wrong": "This key is not valid, or does not have the scope “admin”.",
        "leave": "Sign out",
        "line": "{s.add} added, {s.update} updated, {s.unchanged} unchanged, {s.move} moved, {s.remove} removed, "
        "{failed} failed",
        "nothing": "There is no index yet. Upload the first files.",
        "progress": "{done} of {total}",
        "refused": "This was refused",
        "remove": "Remove",
        "remove_anyway": "Remove them",
        "run": "Last run",
        "running": "Being indexed…",
        "sign_in": "Sign in",
        "taken": "Taken in: {names}.",
        "title": "Administration",
        "upload": "Upload",
        "waiting": "Another program is writing to the index. This goes on when it has ended.",
        "withheld": "At least {found.removed} of its {found.indexed} articles are gone. They were not removed unasked.",
    },
    "fr": {
        "add": "Ajouter",
        "address": "Adresse d’un flux, d’un plan de site ou d’une page",
        "address_note": "Consultées de temps en temps. Ce qui a été lu d’une adresse retirée reste.",
        "addresses": "Sources par adresse",
        "article_gone": "Retirer un article par son identifiant",
        "article_note": "Un article qui est à lui seul un fichier envoyé est retiré avec ce fichier. Un article lu "
        "dans un dossier revient avec la prochaine indexation de ce dossier.",
        "back": "Revenir à l’administration",
        "choose": "Choisissez des fichiers, ou déposez-les ici",
        "current": "en service",
        "failed": "Ce qui n’a pas pu être lu",
        "failed_none": "Tout a pu être lu.",
        "files": "Fichiers envoyés",
        "files_none": "Rien n’a encore été envoyé.",
        "generations": "États antérieurs",
        "generations_note": "Les plus récents sont gardés, {kept} au plus. Un état rétabli dure jusqu’à la prochaine "
        "indexation qui le trouve différent des fichiers et adresses ci-dessus.",
        "go_back": "Revenir à celui-ci",
        "holds": "{articles} articles en {passages} passages.",
        "key": "Clé de portée « admin »",
        "key_note": "Les clés se créent sur le serveur : loccit keys create NOM --scope admin",
        "key_wrong": "Cette clé n’est pas valable, ou n’a pas la portée « admin ».",
        "leave": "Se déconnecter",
        "line": "{s.add} ajoutés, {s.update} modifiés, {s.unchanged} inchangés, {s.move} déplacés, {s.remove} retirés, "
        "{failed} non lus",
        "nothing": "Il n’y a pas encore d’index. Envoyez les premiers fichiers.",
        "progress": "{done} sur {total}",
        "refused": "Cela a été refusé",
        "remove": "Retirer",
        "remove_anyway": "Les retirer",
        "run": "Dernière indexation",
        "running": "Indexation en cours…",
        "sign_in": "Se connecter",
        "taken": "Pris en compte : {names}.",
        "title": "Administration",
        "upload": "Envoyer",
        "waiting": "Un autre programme écrit dans l’index. La suite reprendra quand il aura fini.",
        "withheld": "Au moins {found.removed} de ses {found.indexed} articles ont disparu. "
        "Ils n’ont pas été retirés d’office.",
    },
}
