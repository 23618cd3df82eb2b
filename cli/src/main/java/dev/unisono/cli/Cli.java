package dev.unisono.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The commands beside the server: some need none, some talk to one that runs. */
@Command(
    name = "unisono",
    subcommands = {
      CheckCommand.class,
      PolicyCommand.class,
      PublicationCommand.class,
      SchemaCommand.class,
      ReferenceCommand.class,
      ReloadCommand.class,
      SnapshotCommands.class,
      PlanCommand.class,
      InferCommand.class,
      AssessCommand.class,
      LiveCommand.class,
      AllowDeletesCommand.class,
      LinksCommand.class,
      MatchesCommand.class,
      ParkedCommand.class,
      ConflictsCommand.class,
      DeadLettersCommand.class,
      KeysCommand.class,
      UsersCommand.class,
      AuditCommand.class,
      BackupCommand.class,
      RestoreCommand.class
    })
final class Cli {
  private Cli() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Cli()).execute(arguments));
  }
}
