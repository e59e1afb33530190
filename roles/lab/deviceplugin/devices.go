package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

// A node of the lab lists its devices as files <plugin directory>/simulated/<vendor>/<number>. The kubelet keeps
// directories there, and every device plugin mounts it, so no chart needs anything for the lab. A file that says
// "unhealthy" makes that device so. SIM_DEVICES=N stands in for the files on other clusters.
type inventory struct {
	directory string
	count     int
}

func newInventory(vendor string) (inventory, error) {
	found := inventory{directory: filepath.Join(api.DevicePluginPath, "simulated", vendor)}
	if entries, err := os.ReadDir(found.directory); err == nil {
		found.count = len(entries)
		return found, nil
	}
	found.directory = ""
	text := os.Getenv("SIM_DEVICES")
	if text == "" {
		return found, nil
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 {
		return found, fmt.Errorf("SIM_DEVICES=%q is not a number of devices", text)
	}
	found.count = count
	return found, nil
}

// hasNodes says whether the node has device files that containers can be given.
func (i inventory) hasNodes() bool { return i.directory != "" }

func (i inventory) health(number int) string {
	if i.directory == "" {
		return api.Healthy
	}
	text, err := os.ReadFile(filepath.Join(i.directory, strconv.Itoa(number)))
	if err != nil || strings.HasPrefix(strings.TrimSpace(string(text)), "unhealthy") {
		return api.Unhealthy
	}
	return api.Healthy
}

// unit is one thing the kubelet can allocate: a device, a slice of it, or a share of it.
type unit struct {
	id     string
	number int
}

// resource is what is advertised under one name.
type resource struct {
	name     string
	units    []unit
	allocate func(ids []string) (*api.ContainerAllocateResponse, error)
}

func deviceNode(name string) *api.DeviceSpec {
	return &api.DeviceSpec{HostPath: "/dev/" + name, ContainerPath: "/dev/" + name, Permissions: "rw"}
}
