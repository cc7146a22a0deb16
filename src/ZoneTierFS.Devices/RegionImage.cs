using ZoneTierFS.Linux;
using FileMode = ZoneTierFS.Linux.FileMode;

namespace ZoneTierFS.Devices;

/// <summary>A region image as a file: making one, and telling what a file is.</summary>
internal static class RegionImage
{
    private const uint OwnerOnly = 0x180; // rw-------

    public static void Create(string path, ZonedGeometry geometry, bool overwrite)
    {
        if (GeometryRules.FindFault(geometry) is { } fault)
            throw new DeviceException(Errno.EINVAL, $"Cannot make '{path}': {fault}.");
        var header = new RegionHeader(Guid.NewGuid(), geometry);
        var opened = NativeFile.Open(path, LibC.O_RDWR | LibC.O_CREAT, OwnerOnly);
        if (!opened.IsOk)
            throw new DeviceException(opened.Error, $"Cannot make '{path}': {RegionFile.Describe(opened.Error)}.");
        // The lock comes before the first look: whoever holds it may be mounted from this very file.
        RegionFile.Lock(opened.Value, path, exclusive: true);
        using var file = opened.Value;
        var before = Identify(file, path);
        if (before.Content == RegionContent.NotAFile)
            throw new DeviceException(Errno.EINVAL, $"Cannot make '{path}': it is {before.Description}.");
        if (before.Content != RegionContent.Nothing && !overwrite)
            throw new DeviceException(Errno.EEXIST, $"'{path}' already holds {before.Description}.");
        var error = Write(file, path, header);
        if (error == Errno.Ok)
            return;
        if (before.Content == RegionContent.Nothing)
            _ = file.Truncate(0);
        throw new DeviceException(error, $"Cannot make '{path}' of {header.ImageLength} bytes: {RegionFile.Describe(error)}.");
    }

    public static RegionHeader ReadHeader(NativeFile file, string path)
    {
        var probe = Identify(file, path, out var header, out var length);
        if (probe.Content == RegionContent.DamagedImage)
            throw new DeviceException(Errno.EIO, $"'{path}' is {probe.Description}.");
        if (header is null)
            throw new DeviceException(Errno.EINVAL, $"'{path}' is not a region image that can be opened: it holds {probe.Description}.");
        if (length < header.ImageLength)
            throw new DeviceException(Errno.EIO, $"'{path}' has been cut: it is {length} bytes long, its header says {header.ImageLength}.");
        return header;
    }

    public static RegionProbe Probe(string path)
    {
        var opened = NativeFile.Open(path, LibC.O_RDONLY | LibC.O_NONBLOCK); // O_NONBLOCK: a FIFO would wait for its writer.
        if (opened.Error is Errno.ENOENT or Errno.ENOTDIR)
            return new RegionProbe(RegionContent.Nothing, "nothing");
        if (opened.Error == Errno.ENXIO)
            return new RegionProbe(RegionContent.NotAFile, "not a regular file");
        if (!opened.IsOk)
            throw new DeviceException(opened.Error, $"Cannot look at '{path}': {RegionFile.Describe(opened.Error)}.");
        using var file = opened.Value;
        return Identify(file, path);
    }

    private static RegionProbe Identify(NativeFile file, string path) => Identify(file, path, out _, out _);

    private static RegionProbe Identify(NativeFile file, string path, out RegionHeader? header, out long length)
    {
        header = null;
        length = 0;
        var status = file.GetStatus();
        if (!status.IsOk)
            throw new DeviceException(status.Error, $"Cannot look at '{path}': {RegionFile.Describe(status.Error)}.");
        if (!FileMode.IsRegular(status.Value.Mode))
            return new RegionProbe(RegionContent.NotAFile, FileMode.IsDirectory(status.Value.Mode) ? "a directory" : "not a regular file");
        length = (long)status.Value.Size;
        if (length == 0)
            return new RegionProbe(RegionContent.Nothing, "nothing");
        using var head = new AlignedMemory(RegionHeader.Copies * RegionHeader.Size);
        var read = file.ReadAt(head.GetSpan(), 0);
        if (!read.IsOk)
            throw new DeviceException(read.Error, $"Cannot read '{path}': {RegionFile.Describe(read.Error)}.");
        return RegionHeader.Decode(head.GetSpan()[..read.Value], out header) switch
        {
            RegionContent.Image => new RegionProbe(RegionContent.Image, Describe(header!)),
            RegionContent.NewerImage => new RegionProbe(RegionContent.NewerImage, $"a region image of a later format than {RegionHeader.Version}"),
            RegionContent.DamagedImage => new RegionProbe(RegionContent.DamagedImage, "a region image whose header is damaged in both copies"),
            _ => new RegionProbe(RegionContent.OtherData, $"{length} bytes of something that is no region image"),
        };
    }

    private static string Describe(RegionHeader header) =>
        $"a region image ({header.Geometry.ZoneCount} zones of {header.Geometry.ZoneSize} bytes, {header.Geometry.Media}, uuid {header.Uuid})";

    /// <summary>The header is written last, behind a sync: a cut before its end leaves a file that is no image, never one with a half-made table.</summary>
    private static Errno Write(NativeFile file, string path, RegionHeader header)
    {
        var error = file.Truncate(0);
        if (error == Errno.Ok)
            error = file.Truncate(header.ImageLength);
        if (error != Errno.Ok)
            return error;
        using (var store = new ZoneTableStore(file, path, header))
            error = store.WriteEmpty();
        if (error == Errno.Ok)
            error = file.Sync();
        if (error != Errno.Ok)
            return error;
        using var head = new AlignedMemory(RegionHeader.Copies * RegionHeader.Size);
        for (var copy = 0; copy < RegionHeader.Copies; copy++)
            header.Encode(head.GetSpan().Slice(copy * RegionHeader.Size, RegionHeader.Size));
        error = file.WriteAt(head.GetSpan(), 0);
        if (error == Errno.Ok)
            error = file.Sync();
        return error == Errno.Ok ? SyncDirectoryOf(path) : error;
    }

    /// <summary>Without this a power cut could take the new file's name, and with it everything that was synced into it.</summary>
    private static Errno SyncDirectoryOf(string path)
    {
        var directory = NativeFile.Open(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", LibC.O_RDONLY | LibC.O_DIRECTORY);
        if (!directory.IsOk)
            return directory.Error;
        using (directory.Value)
            return directory.Value.Sync();
    }
}
