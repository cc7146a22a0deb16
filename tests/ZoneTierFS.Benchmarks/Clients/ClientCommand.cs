using System.CommandLine;
using System.Text.Json;

namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>`client`: the measured process. Its page faults and system calls stall nobody but itself.</summary>
internal static class ClientCommand
{
    public const string Name = "client";

    public static Command Create()
    {
        Option<ClientMode> mode = new("--mode") { Description = "What to do.", Required = true };
        Option<string> path = new("--path") { Description = "With which file.", Required = true };
        Option<long> bytes = new("--bytes") { Description = "Length of a file to write." };
        Option<long> operations = new("--operations") { Description = "Number of reads at random places." };
        Command command = new(Name, "Do one measured piece of work and print what it took, as JSON.") { mode, path, bytes, operations };
        command.SetAction(parsed => Console.WriteLine(JsonSerializer.Serialize(ClientWork.Run(
            parsed.GetRequiredValue(mode), parsed.GetRequiredValue(path), parsed.GetValue(bytes), parsed.GetValue(operations)))));
        return command;
    }
}
