using System.Buffers.Binary;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Fuzz.Images;

/// <summary>Mutants of the head of a real image file: its two headers and its zone table. The volume's own bytes, which follow, are left as they are.</summary>
internal sealed class RegionRun : IMutantRun, IDisposable
{
    private const int Zones = 24;
    private const int ZoneBytes = 256 << 10;
    private const int Actions = 40;
    private const int HeadBytes = 16 << 10;
    private const int BlockBytes = 4096;
    private const int HeaderBlocks = 2;
    private const int HeaderChecksumAt = 12;
    private const int HeaderFieldsEnd = 88;

    /// <summary>Of so many mutants one is opened for writing, too.</summary>
    private const int WrittenOneIn = 8;

    private readonly ulong _seed;
    private readonly string _folder = Directory.CreateTempSubdirectory("ztfs-fuzz-").FullName;
    private readonly Lock _gate = new();
    private readonly byte[] _pristine;
    private int _refused;
    private int _unusable;
    private int _served;

    public RegionRun(ulong seed)
    {
        _seed = seed;
        var world = new SeededWorld(new SeededRandom(seed), new WorldTrace(null));
        world.Run(() => MakeAsync(world));
        _pristine = File.ReadAllBytes(Image);
    }

    private string Image => Path.Combine(_folder, "image");

    public string Summary => $"{_refused} refused as images, {_unusable} as volumes, {_served} could be read";

    public string Describe(int number)
    {
        Make(number, out var story, out _);
        return story;
    }

    public void Judge(int number)
    {
        lock (_gate)
        {
            var random = Make(number, out _, out var bytes);
            File.WriteAllBytes(Image, bytes); // what an earlier mutant left in it is gone
            RegionZonedDevice.Probe(Image);
            ImageRun.Bounded("opening a file", ImageRun.ReadBytesMax, () => Read(random));
            if (number % WrittenOneIn == 0)
                Write();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task MakeAsync(SeededWorld world)
    {
        var geometry = new ZonedGeometry { ZoneCount = Zones, ZoneSize = ZoneBytes, ZoneCapacity = ZoneBytes, AppendBytesMax = ZoneBytes / 2 };
        var environment = new VolumeEnvironment(world.Time, NullLogger.Instance);
        TierDevice[] tiers = [new("tlc", await RegionZonedDevice.CreateAsync(Image, geometry, overwrite: false, NullLogger.Instance))];
        await Volume.FormatAsync(tiers, new FormatOptions { Uuid = Guid.NewGuid() }, environment, null, CancellationToken.None);
        var volume = await Volume.OpenAsync(tiers, BaseVolume.Options, environment, CancellationToken.None);
        var work = new BaseWork(new SeededRandom(_seed));
        for (var action = 0; action < Actions; action++)
            await work.ActAsync(volume);
        await volume.DisposeAsync();
    }

    private SeededRandom Make(int number, out string story, out byte[] bytes)
    {
        var random = new SeededRandom(_seed).Fork((ulong)number + 1);
        bytes = _pristine.ToArray();
        var done = new List<string>();
        for (var count = random.Pick([1, 1, 2, 3]); count > 0; count--)
            done.Add(MutateOnce(bytes.AsSpan(0, HeadBytes), random));
        story = string.Join(", ", done);
        if (random.Chance(0.05)) bytes = bytes[..random.Next(bytes.Length)];
        return random;
    }

    private static string MutateOnce(Span<byte> head, SeededRandom random)
    {
        // A change in one copy only shows that the other one serves.
        var pair = random.Next(2) * HeaderBlocks * BlockBytes;
        var first = head.Slice(pair, BlockBytes);
        var second = head.Slice(pair + BlockBytes, BlockBytes);
        switch (random.Next(6))
        {
            case 0:
                head[random.Next(HeadBytes)] ^= (byte)(1 << random.Next(8));
                return "a flipped bit";
            case 1:
                head.Slice(random.Next(HeadBytes / BlockBytes) * BlockBytes, BlockBytes).Fill(random.Chance(0.5) ? (byte)0 : (byte)0xFF);
                return "a blank block";
            case 2:
                first.CopyTo(head.Slice(random.Next(HeadBytes / BlockBytes) * BlockBytes, BlockBytes));
                return "a block in another place";
            default:
                var isHeader = pair == 0;
                OddValues.ChangeAnywhere(isHeader ? first[16..HeaderFieldsEnd] : first[..(32 + Zones * 32)], random);
                Seal(first, isHeader);
                first.CopyTo(second);
                return isHeader ? "an odd header" : "an odd table";
        }
    }

    private static void Seal(Span<byte> block, bool isHeader)
    {
        var at = isHeader ? HeaderChecksumAt : 0;
        BinaryPrimitives.WriteUInt32LittleEndian(block[at..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(block[at..], Crc32C.Compute(isHeader ? block : block[4..]));
    }

    private void Read(SeededRandom random)
    {
        try
        {
            var device = RegionZonedDevice.OpenAsync(Image, readOnly: true, NullLogger.Instance).GetAwaiter().GetResult();
            var refusal = new ImageReader(files: null).Read([new TierDevice("tlc", device)], random);
            device.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Interlocked.Increment(ref refusal is null ? ref _served : ref _unusable);
        }
        catch (DeviceException)
        {
            Interlocked.Increment(ref _refused);
        }
    }

    /// <summary>As a mount would, on the device alone: the volume above was tried by other mutants.</summary>
    private void Write()
    {
        try
        {
            var device = RegionZonedDevice.OpenAsync(Image, readOnly: false, NullLogger.Instance).GetAwaiter().GetResult();
            foreach (var report in device.ReportZonesAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult().Take(Zones))
                Touch(device, report);
            device.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (DeviceException)
        {
            // Refused as a whole, which is what a damaged image deserves.
        }
    }

    private static void Touch(RegionZonedDevice device, ZoneReport report)
    {
        try
        {
            device.AppendAsync(report.Zone, new byte[BlockBytes], CancellationToken.None).AsTask().GetAwaiter().GetResult();
            device.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            device.FinishAsync(report.Zone, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            device.ResetAsync(report.Zone, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (DeviceException)
        {
            // A full zone, or a block size that this append does not suit.
        }
    }
}
