"""`vestibule users create | list | import | unlock`: accounts from the command line."""

import argparse
import json
import re
import sys

from vestibule import password_policy
from vestibule.cli import CommandError, users_import, users_list
from vestibule.cli.trail import note
from vestibule.cli.world import on_store
from vestibule.domain import password_rules, sentinel
from vestibule.domain.context import Context
from vestibule.domain.users import NewUser, create_user, phone_digits

USERNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
REASONS = {
    password_policy.TOO_SHORT: "it has fewer than {policy.length.min} characters",
    password_policy.TOO_LONG: "it has more than {policy.length.max} characters",
    password_policy.CHARACTER_TYPES: "it has fewer than {policy.character_types.min} kinds of character",
    password_policy.PWNED: "it is among the most common ones, or known from a breach",
    password_policy.REPETITION: "it is one piece again and again",
    password_policy.SEQUENCE: "it is nothing but sequences",
    password_policy.USER_INFO: "it is too close to the user's own name or address",
    password_policy.WORDS: "it holds a word that the sign-in experience refuses",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `create`, `list`, `import` and `unlock`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="create a user and print the id")
    create.add_argument("--username")
    create.add_argument("--email")
    create.add_argument("--phone", help="with the calling code, such as +33 6 12 34 56 78")
    create.add_argument("--name", help="the full name")
    secret = create.add_mutually_exclusive_group()
    secret.add_argument("--password", help="seen by other users of this machine: better --password-stdin")
    secret.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    create.add_argument("--json", action="store_true", help='print {"id": …} and nothing else')
    create.set_defaults(work=_create)
    listed = commands.add_parser("list", help="print users, newest first")
    users_list.add_arguments(listed)
    listed.set_defaults(work=users_list.run)
    imported = commands.add_parser("import", help="take users over from another system, with their password digests")
    users_import.add_arguments(imported)
    imported.set_defaults(work=users_import.run)
    unlocked = commands.add_parser("unlock", help="let somebody in again who failed too often")
    unlocked.add_argument("name", help="a user name, an e-mail address, a phone number or an id")
    unlocked.add_argument("--json", action="store_true", help='print {"users": […], "forgotten": …} and nothing else')
    unlocked.set_defaults(work=_unlock)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    code: int = args.work(args)
    return code


def _create(args: argparse.Namespace) -> int:
    """Create the user."""
    new = described(args)

    async def work(ctx: Context) -> None:
        await check_password(ctx, new)
        user = await create_user(ctx, new)
        await note(ctx, "users create", user_id=user.id, made=user.id)
        print(json.dumps({"id": user.id}) if args.json else f"created the user {user.id}")

    return on_store(work)


def _unlock(args: argparse.Namespace) -> int:
    """Lift a lockout."""

    async def work(ctx: Context) -> None:
        lifted = await sentinel.unlock(ctx, args.name)
        if not lifted.users and not lifted.forgotten:
            raise CommandError(f"nobody here is called {args.name}, and nothing is held against that name")
        await note(ctx, "users unlock", users=lifted.users, forgotten=lifted.forgotten)
        if args.json:
            print(json.dumps({"users": lifted.users, "forgotten": lifted.forgotten}))
        else:
            print(f"{args.name} can sign in again; forgot {lifted.forgotten} failed tries and sent messages")

    return on_store(work)


def described(args: argparse.Namespace) -> NewUser:
    """Return the user that the arguments describe; raises CommandError for what would not be one."""
    if not (args.username or args.email or args.phone):
        raise CommandError("a user needs --username, --email or --phone to sign in with")
    if args.username and not USERNAME.fullmatch(args.username):
        raise CommandError("a user name has letters, digits and underscores, and does not start with a digit")
    if args.email and not EMAIL.fullmatch(args.email):
        raise CommandError(f"{args.email} is not an e-mail address")
    phone = phone_digits(args.phone) if args.phone else None
    if args.phone and not phone:
        raise CommandError(f"{args.phone} is not a phone number")
    password = sys.stdin.readline().rstrip("\r\n") if args.password_stdin else args.password
    return NewUser(
        username=args.username, primary_email=args.email, primary_phone=phone, name=args.name, password=password
    )


async def check_password(ctx: Context, new: NewUser) -> None:
    """Refuse a password that the person could not have chosen on the pages; raises CommandError with every reason."""
    if new.password is None:
        return
    about = [new.username, new.primary_email, new.primary_phone, new.name]
    found = await password_rules.issues(ctx, new.password, about)
    policy = ctx.live.experience.password_policy.effective
    reasons = [REASONS[str(issue["code"]).removeprefix("password_rejected.")].format(policy=policy) for issue in found]
    if reasons:
        raise CommandError(f"the password is refused: {', and '.join(reasons)}")
