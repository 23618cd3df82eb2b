package dev.unisono.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The commands that need no server. */
@Command(
    name = "unisono",
    subcommands = {CheckCommand.class, SchemaCommand.class, ReferenceCommand.class})
final class Cli {
  private Cli() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Cli()).execute(arguments));
  }
}
