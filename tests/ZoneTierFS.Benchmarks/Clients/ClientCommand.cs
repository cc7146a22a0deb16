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
        Option<string> path = new("--path") { Description = "With which file, or with the tree in which folder.", Required = true };
        Option<long> bytes = new("--bytes") { Description = "Length of a file to write." };
        Option<int> operations = new("--operations") { Description = "Number of reads or writes at random places, of appended pieces, or of files." };
        Option<int> piece = new("--piece") { Description = "Bytes of one read or write.", DefaultValueFactory = _ => 1 << 20 };
        Option<int> threads = new("--threads") { Description = "How many share the work.", DefaultValueFactory = _ => 1 };
        Command command = new(Name, "Do one measured piece of work and print what it took, as JSON.") { mode, path, bytes, operations, piece, threads };
        command.SetAction(parsed => Run(new ClientTask(parsed.GetRequiredValue(mode), parsed.GetRequiredValue(path), parsed.GetValue(bytes),
            parsed.GetValue(operations), parsed.GetValue(piece), parsed.GetValue(threads))));
        return command;
    }

    private static int Run(ClientTask task)
    {
        try
        {
            Console.WriteLine(JsonSerializer.Serialize(ClientWork.Run(task)));
            return 0;
        }
        catch (IOException refused)
        {
            Console.Error.WriteLine(refused.Message);
            return 1;
        }
    }
}
