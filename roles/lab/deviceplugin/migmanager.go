package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	migConfigLabel = "nvidia.com/mig.config"
	migStateLabel  = migConfigLabel + ".state"
	deployLabel    = "nvidia.com/gpu.deploy."
	clientLabel    = deployLabel + "client"
	paused         = "paused-for-mig-change"
	// Where the simulated plugin looks for slices; mig-manager sees its node's root below HOST_ROOT_MOUNT.
	slicesFile = "var/lib/kubelet/device-plugins/simulated/mig"
)

// What a whole simulated device can be cut into, as the real one finds out from the hardware.
var migLayouts = map[string]string{
	"all-disabled": "", "all-1g.10gb": "1g.10gb=7", "all-2g.20gb": "2g.20gb=3", "all-3g.40gb": "3g.40gb=2",
}

// runMigManager behaves as nvidia-mig-manager: it follows its node's label, sends the GPU's clients away while it works,
// and writes how it ended into another label.
func runMigManager(ctx context.Context, _ []string) error {
	api, err := inCluster()
	if err != nil {
		return err
	}
	last := ""
	for {
		labels, err := api.nodeLabels(ctx, os.Getenv("NODE_NAME"))
		if err != nil {
			return err
		}
		if wanted := labels[migConfigLabel]; wanted != "" && wanted != last {
			if err := migReconfigure(ctx, api, wanted, labels); err != nil {
				log.Printf("MIG configuration %s: %v", wanted, err)
			}
			last = wanted
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func migReconfigure(ctx context.Context, api *cluster, wanted string, before map[string]string) error {
	node, file := os.Getenv("NODE_NAME"), filepath.Join(os.Getenv("HOST_ROOT_MOUNT"), slicesFile)
	layout, known := migLayouts[wanted]
	if !known {
		return label(ctx, api, node, before, "true", "failed", fmt.Errorf("no such configuration for this device"))
	}
	if now, err := os.ReadFile(file); err == nil && string(now) == layout {
		return label(ctx, api, node, before, "true", "success", nil)
	}
	if err := label(ctx, api, node, before, paused, "pending", nil); err != nil {
		return err
	}
	if err := waitForClients(ctx, api, node); err != nil {
		return label(ctx, api, node, before, "true", "failed", err)
	}
	if err := os.WriteFile(file, []byte(layout), 0o644); err != nil {
		return label(ctx, api, node, before, "true", "failed", err)
	}
	return label(ctx, api, node, before, "true", "success", nil)
}

// label writes the state, and whether clients may run; the label of others than the operator's only where it was set.
func label(ctx context.Context, api *cluster, node string, before map[string]string, deploy, state string, why error) error {
	labels := map[string]any{migStateLabel: state}
	for _, client := range []string{"device-plugin", "gpu-feature-discovery", "dcgm-exporter", "dcgm", "nvsm"} {
		labels[deployLabel+client] = deploy
	}
	if before[clientLabel] != "" {
		labels[clientLabel] = deploy
	}
	if err := api.labelNode(ctx, node, labels); err != nil {
		return err
	}
	log.Printf("%s is %s", migStateLabel, state)
	return why
}

// waitForClients returns when no pod of a DaemonSet that selects nodes by the client label is left on the node.
func waitForClients(ctx context.Context, api *cluster, node string) error {
	for range 300 {
		pods, err := api.podsOn(ctx, node)
		if err != nil {
			return err
		}
		left := []string{}
		for _, pod := range pods {
			if _, client := pod.Spec.NodeSelector[clientLabel]; client && pod.ofDaemonSet() {
				left = append(left, pod.Metadata.Name)
			}
		}
		if len(left) == 0 {
			return nil
		}
		log.Printf("waiting for %s to end", strings.Join(left, ", "))
		time.Sleep(time.Second)
	}
	return fmt.Errorf("clients did not end")
}
