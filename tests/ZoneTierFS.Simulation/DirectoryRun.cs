using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Simulation;

/// <summary>One directory with very many entries: made, listed in pages while entries go, searched, and removed again.</summary>
/// <param name="report">Told after each step what it took.</param>
internal sealed class DirectoryRun(int entries, Action<string> report)
{
    private const int PageEntries = 500;

    /// <summary>Of so many entries, one is removed while the directory is listed.</summary>
    private const int RemovedOneOf = 10;

    /// <summary>Throws <see cref="SimulationException"/> where anything is not as it must be.</summary>
    public async Task RunAsync(TimeProvider time)
    {
        var environment = new VolumeEnvironment(time, NullLogger.Instance);
        TierDevice[] devices = [new("tlc", new MemoryZonedDevice(new ZonedGeometry
        {
            ZoneCount = 256 + (entries / 500), ZoneSize = 1 << 20, ZoneCapacity = 1 << 20, Media = MediaKind.Tlc, AppendBytesMax = 1 << 20,
        }))];
        await Volume.FormatAsync(devices, new FormatOptions { Uuid = Guid.NewGuid() }, environment, null, CancellationToken.None);
        await using Volume volume = await Volume.OpenAsync(devices, new VolumeOptions { JournalBytesMax = 32 << 20 }, environment, CancellationToken.None);
        FileStatus directory = Demand(await volume.MakeDirectoryAsync(Volume.RootInode, "d"u8.ToArray(), 0x1ED, default), "mkdir");
        foreach ((string what, Func<Volume, ulong, Task> step) in new (string, Func<Volume, ulong, Task>)[]
            { ("created", CreateAsync), ("listed", ListAsync), ("looked up", LookUpAsync), ("removed", RemoveAsync) })
        {
            long start = time.GetTimestamp();
            await step(volume, directory.Inode);
            double seconds = time.GetElapsedTime(start).TotalSeconds;
            report(string.Create(CultureInfo.InvariantCulture, $"{entries} entries {what} in {seconds:F1} s, {seconds / entries * 1e6:F1} us each"));
        }

        Demand(await volume.RemoveDirectoryAsync(Volume.RootInode, "d"u8.ToArray()), Errno.Ok, "rmdir");
    }

    private async Task CreateAsync(Volume volume, ulong directory)
    {
        for (int i = 0; i < entries; i++)
        {
            Demand(await volume.CreateAsync(directory, Name(i), FileMode.S_IFREG | 0x1A4, 0, default), "create");
        }

        Demand((await volume.CreateAsync(directory, Name(0), FileMode.S_IFREG | 0x1A4, 0, default)).Error, Errno.EEXIST, "create of what is there");
    }

    private async Task ListAsync(Volume volume, ulong directory)
    {
        var listed = new byte[entries];
        ulong cookie = 0;
        int removed = 0;
        while (true)
        {
            var page = new DirectoryPage(PageEntries);
            Demand(volume.ReadDirectory(directory, cookie, page), Errno.Ok, "listing");
            if (page.Taken == 0)
            {
                break;
            }

            cookie = page.NextCookie;
            foreach ((string name, _, _) in page.Entries.Where(entry => entry.Name[0] != '.'))
            {
                listed[int.Parse(name, CultureInfo.InvariantCulture)]++;
            }

            removed = await RemoveSomeAsync(volume, directory, removed, Math.Min(removed + PageEntries, entries));
        }

        await RemoveSomeAsync(volume, directory, removed, entries);
        for (int i = 0; i < entries; i++)
        {
            if (listed[i] > 1 || (listed[i] == 0 && i % RemovedOneOf != 0))
            {
                throw new SimulationException($"entry {i} of {entries} was listed {listed[i]} times");
            }
        }
    }

    /// <returns>Where to go on.</returns>
    private static async Task<int> RemoveSomeAsync(Volume volume, ulong directory, int from, int end)
    {
        for (; from < end; from += RemovedOneOf)
        {
            Demand(await volume.UnlinkAsync(directory, Name(from)), Errno.Ok, "unlink while listing");
        }

        return from;
    }

    private Task LookUpAsync(Volume volume, ulong directory)
    {
        for (int i = 0; i < entries; i++)
        {
            Demand(volume.Lookup(directory, Name(i).Span).Error, i % RemovedOneOf == 0 ? Errno.ENOENT : Errno.Ok, $"lookup of {i}");
        }

        return Task.CompletedTask;
    }

    private async Task RemoveAsync(Volume volume, ulong directory)
    {
        Demand(await volume.RemoveDirectoryAsync(Volume.RootInode, "d"u8.ToArray()), Errno.ENOTEMPTY, "rmdir of a full directory");
        for (int i = 0; i < entries; i++)
        {
            if (i % RemovedOneOf != 0)
            {
                Demand(await volume.UnlinkAsync(directory, Name(i)), Errno.Ok, $"unlink of {i}");
            }
        }
    }

    private static ReadOnlyMemory<byte> Name(int index) => Encoding.UTF8.GetBytes(index.ToString(CultureInfo.InvariantCulture));

    private static T Demand<T>(Result<T> result, string what)
    {
        Demand(result.Error, Errno.Ok, what);
        return result.Value;
    }

    private static void Demand(Errno error, Errno expected, string what)
    {
        if (error != expected)
        {
            throw new SimulationException($"{what} gives {error} instead of {expected}");
        }
    }
}
